/** How many observations fell below each of some rising bounds, their number and their sum. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  get count(): number {
    return this.#count;
  }
  get sum(): number {
    return this.#sum;
  }

  add(value: number): void {
    this.#count += 1;
    this.#sum += value;
    const index = this.#bounds.findIndex((bound) => value <= bound);
    if (index >= 0) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** Bound to the number of observations at or below it. */
  cumulative(): readonly (readonly [number, number])[] {
    let total = 0;
    return this.#bounds.map((bound, index) => {
      total += this.#counts[index] ?? 0;
      return [bound, total] as const;
    });
  }
}
