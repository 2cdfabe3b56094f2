import { BaiError } from './errors.js';

/** Text that is not a size. */
export class InvalidSizeError extends BaiError {
  constructor(text: string) {
    super(
      'INVALID_SIZE',
      `${JSON.stringify(text.slice(0, 80))} is not a size: write bytes as 1073741824, or 512m, 1.5g, 1 GiB`,
    );
  }
}

/** Longer than any size that anybody means; arithmetic on a text of a megabyte would take seconds. */
const MAX_TEXT = 64;
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
  if (text.length > MAX_TEXT) throw new InvalidSizeError(text);
  const trimmed = text.trim().replaceAll('_', '');
  if (/^[+-]?\d+$/.test(trimmed)) return BigInt(trimmed.replace('+', ''));
  const bare = trimmed.includes('.') ? parseDecimal(trimmed) : undefined;
  if (bare !== undefined && isWhole(bare)) return truncate(bare);
  const lower = trimmed.toLowerCase();
  const ending = ENDINGS.find((candidate) => lower.endsWith(candidate)) ?? '';
  const scaled = lower.slice(0, lower.length - ending.length);
  const scale = scaled.at(-1) ?? '';
  const exponent = scale === ' ' ? 0 : SCALES.indexOf(scale) + 1;
  const number = parseDecimal(scaled.slice(0, -1).trim());
  if (number === undefined || (exponent === 0 && scale !== ' ')) throw new InvalidSizeError(text);
  return truncate({ ...number, digits: number.digits * 1024n ** BigInt(exponent) });
}

/** `digits / 10^shift`, exact. */
interface Decimal {
  readonly digits: bigint;
  readonly shift: number;
}

function parseDecimal(text: string): Decimal | undefined {
  const [, sign, integer = '', fraction = '', power = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i.exec(text) ?? [];
  if (integer + fraction === '') return undefined;
  const digits = BigInt(integer + fraction);
  return { digits: sign === '-' ? -digits : digits, shift: fraction.length - Number(power) };
}

const isWhole = ({ digits, shift }: Decimal): boolean => shift <= 0 || digits % 10n ** BigInt(shift) === 0n;

const truncate = ({ digits, shift }: Decimal): bigint =>
  shift <= 0 ? digits * 10n ** BigInt(-shift) : digits / 10n ** BigInt(shift);

/** Prints a size of 0 or more whole bytes for people: `1 GiB`, `117.74 MiB`, `1023 bytes`. @see spec/05 §2.4 (the G3 form) */
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
