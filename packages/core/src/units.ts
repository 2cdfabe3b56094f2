import { BaiError } from './errors.js';

/** Text that is not a size. */
export class InvalidSizeError extends BaiError {
  constructor(text: string) {
    super('INVALID_SIZE', `${JSON.stringify(text)} is not a size: write bytes as 1073741824, or 512m, 1.5g, 1 GiB`);
  }
}

const SCALES = 'kmgtpezy';
const ENDINGS = ['ibytes', 'ibyte', 'ib', 'bytes', 'byte', 'b'];

/**
 * Parses a size as Backend.AI writes it, in powers of 1024: `1024`, `1.5g`, `512m`, `1 GiB`, `1_000`. Fractions are truncated
 * to whole bytes. A bare number with a fraction and a single byte unit without a blank (`1b`) are refused, as upstream does.
 *
 * @returns bytes. Exact, hence a bigint.
 * @throws {InvalidSizeError}
 * @see spec/05 §2.3 (the rules of G2 and G3, without infinity)
 */
export function parseSize(text: string): bigint {
  const trimmed = text.trim().replaceAll('_', '');
  const whole = /^([+-]?\d+)(?:\.0*)?$/.exec(trimmed)?.[1];
  if (whole !== undefined) return BigInt(whole);
  const lower = trimmed.toLowerCase();
  const ending = ENDINGS.find((candidate) => lower.endsWith(candidate)) ?? '';
  const scaled = lower.slice(0, lower.length - ending.length);
  const scale = scaled.at(-1) ?? '';
  const exponent = scale === ' ' ? 0 : SCALES.indexOf(scale) + 1;
  const number = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/.exec(scaled.slice(0, -1).trim());
  const [, sign, integer = '', fraction = '', power = '0'] = number ?? [];
  if (number === null || (exponent === 0 && scale !== ' ') || integer + fraction === '')
    throw new InvalidSizeError(text);
  const shift = fraction.length - Number(power);
  const digits = BigInt(integer + fraction) * 1024n ** BigInt(exponent) * 10n ** BigInt(Math.max(0, -shift));
  const bytes = digits / 10n ** BigInt(Math.max(0, shift));
  return sign === '-' ? -bytes : bytes;
}

/** Prints a size for people: `1 GiB`, `117.74 MiB`, `1023 bytes`. @see spec/05 §2.4 (the G3 form) */
export function formatSize(bytes: bigint | number): string {
  const value = BigInt(bytes);
  if (value < 1024n) return value === 1n ? '1 byte' : `${value} bytes`;
  const { quotient, suffix } = autoScale(value);
  return `${quotient} ${suffix.toUpperCase()}iB`;
}

/** Prints a size in the short form of `resource.txt`: `1g`, `117.74m`, `1023`. Lossy. @see spec/05 §2.4 (`:s`) */
export function formatShortSize(bytes: bigint | number): string {
  const value = BigInt(bytes);
  if (value < 1024n) return value.toString();
  const { quotient, suffix } = autoScale(value);
  return quotient + suffix;
}

function autoScale(value: bigint): { quotient: string; suffix: string } {
  let index = 0;
  for (let rest = value; rest >= 1024n && index < SCALES.length; rest /= 1024n) index += 1;
  const unit = 1024n ** BigInt(index);
  return { quotient: ratioToText(value, unit), suffix: SCALES[index - 1] ?? '' };
}

/** `value / unit` with at most two decimals, rounded half to even, without trailing zeros. */
function ratioToText(value: bigint, unit: bigint): string {
  const scaled = value * 100n;
  const floor = scaled / unit;
  const rest = (scaled % unit) * 2n;
  const hundredths = rest > unit || (rest === unit && floor % 2n === 1n) ? floor + 1n : floor;
  const decimals = (hundredths % 100n).toString().padStart(2, '0').replace(/0+$/, '');
  return decimals === '' ? (hundredths / 100n).toString() : `${hundredths / 100n}.${decimals}`;
}
