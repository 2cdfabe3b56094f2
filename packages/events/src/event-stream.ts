import type { AgentEvent } from '@bai/agent-api';
import { BoundedQueue } from '@bai/core';

/** Events in order of arrival, from the moment the stream was made. For one reader. */
export interface EventStream extends AsyncIterable<AgentEvent>, Disposable {
  /** How many of the oldest events a full buffer has thrown away, because the reader was too slow. */
  readonly dropped: number;
}

/** The writing end of an {@link EventStream}. */
export class BufferedEventStream implements EventStream {
  readonly #queue: BoundedQueue<AgentEvent>;
  readonly #signal: AbortSignal | undefined;
  readonly #onClose: (stream: BufferedEventStream) => void;
  readonly #onAbort = () => this[Symbol.dispose]();

  constructor(capacity: number, signal: AbortSignal | undefined, onClose: (stream: BufferedEventStream) => void) {
    this.#queue = new BoundedQueue(capacity, 'drop-oldest');
    this.#signal = signal;
    this.#onClose = onClose;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get dropped(): number {
    return this.#queue.dropped;
  }

  push(event: AgentEvent): void {
    this.#queue.offer(event);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AgentEvent, void> {
    try {
      for (;;) {
        const event = await this.#queue.shift(this.#signal);
        this.#signal?.throwIfAborted();
        if (event === undefined) return;
        yield event;
      }
    } finally {
      this[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#queue.close();
    this.#onClose(this);
  }
}
