import { BugError } from './errors.js';
import { Waiters } from './waiters.js';

/** What a {@link BoundedQueue} does with one item too many. */
export type Overflow = 'block' | 'drop-oldest' | 'reject';

/**
 * A queue between producers and consumers that never grows past `capacity` items, none of which is undefined.
 * With `block`, `push` waits for room; with `drop-oldest`, the oldest item goes and `dropped` counts it; with `reject`, `push`
 * answers false.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  readonly #overflow: Overflow;
  #closed = false;
  #dropped = 0;
  readonly #consumers = new Waiters();
  readonly #producers = new Waiters();

  constructor(capacity: number, overflow: Overflow = 'block') {
    if (!(capacity >= 1)) throw new BugError(`a queue needs room for an item, got a capacity of ${capacity}`);
    this.#capacity = capacity;
    this.#overflow = overflow;
  }

  get size(): number {
    return this.#items.length;
  }

  /** How many items `drop-oldest` has thrown away. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds an item. Resolves to false when the queue is closed, or full under `reject`. */
  async push(item: T, signal?: AbortSignal): Promise<boolean> {
    while (!this.#closed && this.#items.length >= this.#capacity && this.#overflow === 'block') {
      await this.#producers.wait(signal);
    }
    return this.offer(item);
  }

  /** Adds an item without waiting; false when it found no place. */
  offer(item: T): boolean {
    if (this.#closed) return false;
    if (this.#items.length >= this.#capacity) {
      if (this.#overflow !== 'drop-oldest') return false;
      this.#items.shift();
      this.#dropped += 1;
    }
    this.#items.push(item);
    this.#consumers.wakeOne();
    return true;
  }

  /** The next item, or undefined once the queue is closed and empty. */
  async shift(signal?: AbortSignal): Promise<T | undefined> {
    while (this.#items.length === 0 && !this.#closed) {
      await this.#consumers.wait(signal);
    }
    const item = this.#items.shift();
    this.#producers.wakeOne();
    return item;
  }

  /** No more items are taken; those inside can still be read. */
  close(): void {
    this.#closed = true;
    this.#consumers.wakeAll();
    this.#producers.wakeAll();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const item = await this.shift();
      if (item === undefined) return;
      yield item;
    }
  }
}
