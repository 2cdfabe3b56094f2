import type { LogFields, Logger } from '@bai/core';

const INTERVAL_MS = 10_000;

/** Warns at most once in ten seconds and says how many warnings were left out: the other side is not to be trusted with our log. */
export class RateLimitedLog {
  readonly #logger: Logger;
  #last = Number.NEGATIVE_INFINITY;
  #suppressed = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  warn(message: string, fields: LogFields): void {
    const now = performance.now();
    if (now - this.#last < INTERVAL_MS) {
      this.#suppressed += 1;
      return;
    }
    this.#logger.warn(message, this.#suppressed === 0 ? fields : { ...fields, suppressed: this.#suppressed });
    this.#last = now;
    this.#suppressed = 0;
  }
}
