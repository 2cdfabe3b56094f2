import type { Run } from './run.js';

/** Tells which runs were left alone for too long, and calls back when the next one will have been. */
export class Patience {
  readonly #limitMs: number;
  readonly #again: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, again: () => void) {
    this.#limitMs = limitMs;
    this.#again = again;
  }

  exhausted(runs: readonly Run[]): readonly Run[] {
    const now = performance.now();
    const leftMs = (run: Run) => run.lastCallAt + this.#limitMs - now;
    const next = Math.min(...runs.map(leftMs).filter((ms) => ms > 0));
    this.stop();
    if (Number.isFinite(next)) this.#timer = setTimeout(this.#again, Math.ceil(next)).unref();
    return runs.filter((run) => leftMs(run) <= 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
