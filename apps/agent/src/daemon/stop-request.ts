import type { Shell } from '../cli/shell.js';

/** Turns SIGTERM and SIGINT into a wish to stop; a second one no longer waits for anything. */
export class StopRequest implements Disposable {
  readonly #asked = new AbortController();
  readonly #handlers: readonly Disposable[];

  /** @param hurry called at a second signal */
  constructor(shell: Pick<Shell, 'onSignal'>, hurry: () => void) {
    const onSignal = () => (this.#asked.signal.aborted ? hurry() : this.#asked.abort(new Error('asked to stop')));
    this.#handlers = [shell.onSignal('SIGTERM', onSignal), shell.onSignal('SIGINT', onSignal)];
  }

  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  async wait(): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise<void>((resolve) => this.signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  [Symbol.dispose](): void {
    for (const handler of this.#handlers) handler[Symbol.dispose]();
  }
}
