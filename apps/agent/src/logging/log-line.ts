import type { LogFields } from '@bai/core';
import { describeError, errorCode } from '@bai/core';

/** One line of the log before it is formatted. */
export interface LogEntry {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
  readonly at: Date;
}

const LEVEL_NAMES: Readonly<Record<string, string>> = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR' };
const COLORS: Readonly<Record<string, number>> = { debug: 34, info: 32, warn: 33, error: 31 };

/** `LEVEL message key=value`, and with `verbose` the time, component and process id before. @see spec/06 §3.2 */
export function consoleLine(
  entry: LogEntry,
  style: { readonly format: 'simple' | 'verbose'; readonly colored: boolean },
): string {
  const { name, ...fields } = entry.fields;
  const word = LEVEL_NAMES[entry.level] ?? entry.level;
  const level = style.colored ? `\u001b[${COLORS[entry.level] ?? 0}m${word}\u001b[0m` : word;
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${fieldText(value)}`);
  const text = `${entry.message}${pairs.join('')}`;
  if (style.format === 'simple') return `${level} ${text}\n`;
  return `${localTime(entry.at)} ${level} ${String(name ?? 'agent')} [${process.pid}] ${text}\n`;
}

/** One JSON object, with the member names that log collectors know of Backend.AI. @see spec/06 §3.2 */
export function jsonLine(entry: LogEntry): string {
  const { name, error, ...fields } = entry.fields;
  const line = {
    timestamp: entry.at.toISOString(),
    level: LEVEL_NAMES[entry.level] ?? entry.level,
    name: name ?? 'agent',
    processName: 'bai-agent',
    message: entry.message,
    ...fields,
    ...(error === undefined ? {} : { exc_info: fieldText(error) }),
  };
  return `${JSON.stringify(line, plain)}\n`;
}

function fieldText(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return value instanceof Error ? JSON.stringify(describeError(value)) : (JSON.stringify(value, plain) ?? 'undefined');
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Error ? { message: describeError(value), code: errorCode(value) } : value;
}

function localTime(at: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${date} ${time}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
