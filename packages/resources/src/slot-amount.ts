/** Text that isn't an amount. Callers that know the slot turn it into an error that names it. */
export class AmountSyntaxError extends Error {}

const PLAIN = /^([+-]?)(\d{1,40})(?:\.(\d{1,20}))?$/;

/**
 * An exact decimal amount of a slot: cores, bytes, shares of a device. Immutable; digits after the point are kept as written.
 *
 * Only plain decimals are amounts here. Upstream's parser lets `1E+9`, `Infinity` and `NaN` through, which no manager sends for a
 * kernel. @see spec/05 §2.1
 */
export class SlotAmount {
  /** Value times 10^scale. */
  readonly #digits: bigint;
  readonly #scale: number;

  private constructor(digits: bigint, scale: number) {
    this.#digits = digits;
    this.#scale = scale;
  }

  /** Parses `2`, `-1`, `0.50`. @throws {AmountSyntaxError} */
  static parse(text: string): SlotAmount {
    const [, sign, whole, fraction = ''] = PLAIN.exec(text) ?? [];
    if (whole === undefined) throw new AmountSyntaxError(`${JSON.stringify(text.slice(0, 80))} is not a plain decimal`);
    const digits = BigInt(whole + fraction);
    return new SlotAmount(sign === '-' ? -digits : digits, fraction.length);
  }

  static of(value: bigint | number): SlotAmount {
    return new SlotAmount(BigInt(value), 0);
  }

  static zero(): SlotAmount {
    return new SlotAmount(0n, 0);
  }

  static sum(amounts: Iterable<SlotAmount>): SlotAmount {
    let total = SlotAmount.zero();
    for (const amount of amounts) total = total.plus(amount);
    return total;
  }

  static min(a: SlotAmount, b: SlotAmount): SlotAmount {
    return a.compare(b) <= 0 ? a : b;
  }

  plus(other: SlotAmount): SlotAmount {
    const scale = Math.max(this.#scale, other.#scale);
    return new SlotAmount(this.#at(scale) + other.#at(scale), scale);
  }

  minus(other: SlotAmount): SlotAmount {
    return this.plus(new SlotAmount(-other.#digits, other.#scale));
  }

  /** Negative, zero or positive, as for sorting. `1` and `1.0` compare as equal. */
  compare(other: SlotAmount): number {
    const scale = Math.max(this.#scale, other.#scale);
    const difference = this.#at(scale) - other.#at(scale);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  /** -1, 0 or 1. */
  get sign(): number {
    return this.#digits < 0n ? -1 : this.#digits > 0n ? 1 : 0;
  }

  get isWhole(): boolean {
    return this.#digits % 10n ** BigInt(this.#scale) === 0n;
  }

  /** The whole part, towards minus infinity. */
  floor(): bigint {
    const unit = 10n ** BigInt(this.#scale);
    const whole = this.#digits / unit;
    return whole * unit > this.#digits ? whole - 1n : whole;
  }

  /** Fixed-point text with the digits as written: `0.30`. The form of G1 and G2. @see spec/05 §2.1 */
  toString(): string {
    const text = (this.#digits < 0n ? -this.#digits : this.#digits).toString().padStart(this.#scale + 1, '0');
    const point = text.length - this.#scale;
    const unsigned = this.#scale === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`;
    return this.#digits < 0n ? `-${unsigned}` : unsigned;
  }

  /** At most two decimals, half to even, no trailing zeros: `0.3`. The form of G3. @see spec/05 §2.1 */
  toShortText(): string {
    const rounded = this.#scale > 2 ? this.#roundTo(2) : this;
    const text = rounded.toString();
    return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  }

  #roundTo(scale: number): SlotAmount {
    const unit = 10n ** BigInt(this.#scale - scale);
    const magnitude = this.#digits < 0n ? -this.#digits : this.#digits;
    const [whole, rest] = [magnitude / unit, (magnitude % unit) * 2n];
    const up = rest > unit || (rest === unit && whole % 2n === 1n);
    const rounded = up ? whole + 1n : whole;
    return new SlotAmount(this.#digits < 0n ? -rounded : rounded, scale);
  }

  #at(scale: number): bigint {
    return this.#digits * 10n ** BigInt(scale - this.#scale);
  }
}
