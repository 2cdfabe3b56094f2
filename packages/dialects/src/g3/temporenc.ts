import { malformed } from '../errors.js';

/**
 * Reads a datetime in *temporenc* form, as ISO 8601 text with microseconds: `2026-08-23T02:14:19.123456+00:00`. Without a zone
 * the text has none either. Only the two forms that Python's wrapper writes are known: 8 bytes without and 9 with a zone.
 *
 * @throws {DialectError} `RPC_MALFORMED`
 * @see spec/01 §4.3
 */
export function readTemporenc(data: Uint8Array): string {
  let bits = 0n;
  for (const byte of data) bits = (bits << 8n) | BigInt(byte);
  const field = (offset: number, width: number): number =>
    Number((bits >> BigInt(data.length * 8 - offset - width)) & ((1n << BigInt(width)) - 1n));
  if (data.length === 8 && field(0, 4) === 0b0101) return wallClock(field, 4);
  if (data.length === 9 && field(0, 5) === 0b11101) return wallClock(field, 5) + zone(field(63, 7));
  throw malformed('a datetime in an unknown form');
}

function wallClock(field: (offset: number, width: number) => number, start: number): string {
  const year = field(start, 12);
  const month = field(start + 12, 4) + 1;
  const day = field(start + 16, 5) + 1;
  const hour = field(start + 21, 5);
  const minute = field(start + 26, 6);
  const second = field(start + 32, 6);
  const micros = field(start + 38, 20);
  if (month > 12 || hour > 23 || minute > 59 || second > 60 || micros > 999_999)
    throw malformed('an impossible datetime');
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}.${pad(micros, 6)}`;
}

/** Quarter hours, 64 meaning UTC; 127 meaning none. */
function zone(value: number): string {
  if (value === 127) return '';
  const minutes = (value - 64) * 15;
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

const pad = (value: number, width = 2): string => value.toString().padStart(width, '0');
