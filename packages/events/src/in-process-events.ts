import type { AgentEvent } from '@bai/agent-api';
import { type Logger, nullLogger, type WaitOptions } from '@bai/core';
import { EventError } from './errors.js';
import { BufferedEventStream, type EventStream } from './event-stream.js';
import type { EventTransport } from './port.js';

export type EventListener = (event: AgentEvent) => void;
export type EventFilter = (event: AgentEvent) => boolean;

export interface EventStreamOptions extends WaitOptions {
  /** Most events that wait for the reader; one more throws the oldest away. Default 1000. */
  readonly capacity?: number;
}

/**
 * Hands events to listeners and streams of this program. An event counts as delivered when all of them have been called: there is no
 * acknowledgement, and a listener that throws is logged and doesn't hold up the others.
 */
export class InProcessEvents implements EventTransport {
  readonly kind = 'in-process';
  readonly #listeners = new Set<{ readonly listener: EventListener; readonly filter: EventFilter }>();
  readonly #streams = new Set<BufferedEventStream>();
  readonly #logger: Logger;
  #closed = false;

  constructor(options: { readonly logger?: Logger } = {}) {
    this.#logger = (options.logger ?? nullLogger).child({ name: 'events:InProcessEvents' });
  }

  async deliver(event: AgentEvent, options: WaitOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    this.#assertOpen();
    for (const { listener, filter } of [...this.#listeners]) {
      try {
        if (filter(event)) listener(event);
      } catch (error) {
        this.#logger.error('a listener failed', { eventId: event.eventId, type: event.type, error });
      }
    }
    for (const stream of this.#streams) stream.push(event);
  }

  /** Calls the listener for each event that the filter lets through, until disposed. */
  subscribe(listener: EventListener, filter: EventFilter = () => true): Disposable {
    this.#assertOpen();
    const subscription = { listener, filter };
    this.#listeners.add(subscription);
    return { [Symbol.dispose]: () => this.#listeners.delete(subscription) };
  }

  /**
   * Events from now on, for one reader. The iteration ends when the transport is closed, and rejects with the reason of `signal`.
   * A stream that nobody reads to its end is to be disposed.
   */
  stream(options: EventStreamOptions = {}): EventStream {
    options.signal?.throwIfAborted();
    this.#assertOpen();
    const forget = (closed: BufferedEventStream) => this.#streams.delete(closed);
    const stream = new BufferedEventStream(options.capacity ?? 1000, options.signal, forget);
    this.#streams.add(stream);
    return stream;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    for (const stream of [...this.#streams]) stream[Symbol.dispose]();
  }

  #assertOpen(): void {
    if (this.#closed) throw new EventError('EVENTS_CLOSED', 'the event transport is closed: open a new one');
  }
}
