/** Callers that wait for something to happen, in order of arrival. One that gave up is not there any more to swallow a wake-up. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves with the wake-up of this caller, or rejects with the reason of `signal`. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const leave = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', giveUp);
      };
      const wake = () => {
        leave();
        resolve();
      };
      const giveUp = () => {
        leave();
        reject(signal?.reason);
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', giveUp);
    });
  }

  wakeOne(): void {
    const [wake] = this.#waiting;
    wake?.();
  }

  wakeAll(): void {
    for (const wake of this.#waiting) wake();
  }
}
