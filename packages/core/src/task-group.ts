import { toError } from './errors.js';

/**
 * Owner of background work, so that no promise floats: a failure reaches `onError`, and closing the group aborts the
 * signal of its tasks and waits for them.
 */
export class TaskGroup implements AsyncDisposable {
  readonly #tasks = new Set<Promise<void>>();
  readonly #controller = new AbortController();
  readonly #onError: (error: Error, task: string) => void;
  #closed = false;

  constructor(onError: (error: Error, task: string) => void) {
    this.#onError = onError;
  }

  /** Aborts when the group closes. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get size(): number {
    return this.#tasks.size;
  }

  /**
   * Starts a task; a group whose closing has finished starts nothing. A rejection after the abort is the expected end of a task and is
   * not reported.
   */
  run(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#closed) return;
    const task = (async () => {
      try {
        await work(this.signal);
      } catch (error) {
        if (!this.signal.aborted) this.#onError(toError(error), name);
      }
    })();
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort(new Error('closed'));
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
    this.#closed = true;
  }
}
