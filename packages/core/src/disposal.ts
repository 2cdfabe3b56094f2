import { BugError } from './errors.js';

/**
 * Closes what was opened, newest first, each exactly once. A failure doesn't stop the others: the first one is thrown
 * at the end (an `AggregateError` when there are several).
 *
 * Node.js 20 has no `AsyncDisposableStack`; this is the small part of it that the agent needs.
 */
export class DisposalStack implements AsyncDisposable {
  readonly #entries: { name: string; dispose: () => unknown }[] = [];
  #closing: Promise<void> | undefined;

  /** Registers something disposable and returns it. `name` is for {@link names} and for error messages. */
  use<T extends AsyncDisposable | Disposable>(resource: T, name = resource.constructor.name): T {
    this.defer(name, () => {
      if (Symbol.asyncDispose in resource) return resource[Symbol.asyncDispose]();
      return (resource as Disposable)[Symbol.dispose]();
    });
    return resource;
  }

  /** Registers a clean-up function. @throws {BugError} on a closed stack: nobody would ever call it. */
  defer(name: string, dispose: () => unknown): void {
    if (this.#closing !== undefined) throw new BugError(`'${name}' was opened on a stack that is closed`);
    this.#entries.push({ name, dispose });
  }

  /** What is still open, in the order of creation. */
  get names(): readonly string[] {
    return this.#entries.map((entry) => entry.name);
  }

  /** Gives all entries to a new stack, so that a constructor-like function can keep them when it succeeds. */
  move(): DisposalStack {
    const next = new DisposalStack();
    next.#entries.push(...this.#entries.splice(0));
    return next;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const failures: unknown[] = [];
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      try {
        await entry.dispose();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'several resources failed to close');
  }
}
