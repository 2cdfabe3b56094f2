/** Runs tasks one after another, in the order in which they were given. A failure reaches the caller and not the next task. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #pending = 0;

  /** Tasks that were given and haven't ended. */
  get pending(): number {
    return this.#pending;
  }

  run<T>(task: () => Promise<T>): Promise<T> {
    this.#pending += 1;
    const result = this.#tail.then(task).finally(() => {
      this.#pending -= 1;
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Resolves once everything that was given so far has ended. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}
