import { abortable } from './signals.js';

/** What a {@link BoundedQueue} does with one item too many. */
export type Overflow = 'block' | 'drop-oldest' | 'reject';

/**
 * A queue between one or more producers and one consumer that never grows past `capacity`.
 * With `block`, `push` waits for room; with `drop-oldest`, the oldest item goes and `dropped` counts it; with `reject`, `push`
 * answers false.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  readonly #overflow: Overflow;
  #closed = false;
  #dropped = 0;
  #wakeConsumer: (() => void)[] = [];
  #wakeProducer: (() => void)[] = [];

  constructor(capacity: number, overflow: Overflow = 'block') {
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
      await abortable(new Promise<void>((resolve) => this.#wakeProducer.push(resolve)), signal);
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
    this.#wakeConsumer.shift()?.();
    return true;
  }

  /** The next item, or undefined once the queue is closed and empty. */
  async shift(signal?: AbortSignal): Promise<T | undefined> {
    while (this.#items.length === 0 && !this.#closed) {
      await abortable(new Promise<void>((resolve) => this.#wakeConsumer.push(resolve)), signal);
    }
    const item = this.#items.shift();
    this.#wakeProducer.shift()?.();
    return item;
  }

  /** No more items are taken; those inside can still be read. */
  close(): void {
    this.#closed = true;
    for (const wake of [...this.#wakeConsumer.splice(0), ...this.#wakeProducer.splice(0)]) wake();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const item = await this.shift();
      if (item === undefined) return;
      yield item;
    }
  }
}
