import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AgentEvent } from '@bai/agent-api';
import { describeError, errorCode, type Logger, nullLogger, sleep, TaskGroup, withDeadline } from '@bai/core';
import type { EventTransport } from './port.js';

export interface EventDispatcherOptions {
  readonly logger?: Logger;
  /**
   * Called once per offered event that needs no further delivery: handed over, or refused for good (which is logged as an error).
   * The owner then takes it out of its outbox.
   */
  readonly onDelivered?: (event: AgentEvent) => void;
  /** How long {@link EventDispatcher} goes on delivering after it was closed, in milliseconds. Default 5000. */
  readonly drainMs?: number;
  /** Most events in hand. Default 100,000: they are references to what the owners' outboxes hold anyway. */
  readonly capacity?: number;
  /** Deadline of one attempt, in milliseconds. Default 30,000. */
  readonly attemptMs?: number;
  /** Waits between attempts, in milliseconds: doubled from the first to the longest. Default 100 to 10,000. */
  readonly backOff?: { readonly firstMs: number; readonly longestMs: number };
  /** How to wait. For tests. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Events of one key, in order. The first one is on its way. */
interface Queue {
  readonly events: AgentEvent[];
  readonly withdrawal: AbortController;
}

/**
 * Delivers events at least once, those of one key (a kernel, the agent) in the order they were offered, keys independently of each
 * other. An attempt that fails is repeated, with growing waits, until it succeeds: the events of that key wait behind it.
 *
 * The dispatcher keeps no events over a restart. Their owner does (its outbox), and offers again what was not delivered.
 */
export class EventDispatcher implements AsyncDisposable {
  readonly #transport: EventTransport;
  readonly #options: EventDispatcherOptions;
  readonly #logger: Logger;
  readonly #queues = new Map<string, Queue>();
  readonly #tasks: TaskGroup;
  #pending = 0;
  /** So that the log hears of a full dispatcher once, not per event. */
  #full = false;
  #closing: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(transport: EventTransport, options: EventDispatcherOptions = {}) {
    this.#transport = transport;
    this.#options = options;
    this.#logger = (options.logger ?? nullLogger).child({ name: 'events:EventDispatcher', transport: transport.kind });
    this.#tasks = new TaskGroup((error, key) => this.#logger.error('a queue of events stopped', { key, error }));
  }

  /** How many events are in hand. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Takes an event for delivery. False when it wasn't taken, because the dispatcher is closed or full: then it stays in the owner's
   * outbox, and the owner offers it again later.
   */
  offer(key: string, event: AgentEvent): boolean {
    if (this.#closing !== undefined) return false;
    if (this.#pending >= (this.#options.capacity ?? 100_000)) {
      if (!this.#full)
        this.#logger.error('too many events wait: more stay in their outboxes', { pending: this.#pending });
      this.#full = true;
      return false;
    }
    this.#full = false;
    this.#pending += 1;
    const present = this.#queues.get(key);
    if (present !== undefined) {
      present.events.push(event);
    } else {
      const queue = { events: [event], withdrawal: new AbortController() };
      this.#queues.set(key, queue);
      this.#tasks.run(key, (signal) => this.#deliverQueue(key, queue, signal));
    }
    return true;
  }

  /**
   * Gives up what was offered under a key and isn't delivered: it would be taken for news of whatever uses the key next. An event that is
   * on its way may still arrive.
   */
  withdraw(key: string): void {
    const queue = this.#queues.get(key);
    if (queue === undefined) return;
    this.#pending -= queue.events.splice(0).length;
    this.#forget(key, queue);
    queue.withdrawal.abort(new Error('withdrawn'));
  }

  /** Goes on delivering for `drainMs` at most; what is left then stays with its owners. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #deliverQueue(key: string, queue: Queue, closing: AbortSignal): Promise<void> {
    // Events are offered on the way to answers that somebody waits for: those go first.
    await nextTurn();
    const { events, withdrawal } = queue;
    const signal = AbortSignal.any([closing, withdrawal.signal]);
    for (let event = events[0]; event !== undefined; event = events[0]) {
      try {
        await this.#deliver(key, event, signal);
      } catch (error) {
        if (withdrawal.signal.aborted) return;
        throw error;
      }
      if (withdrawal.signal.aborted) return;
      events.shift();
      this.#pending -= 1;
      this.#tell(event);
    }
    this.#forget(key, queue);
  }

  #forget(key: string, queue: Queue): void {
    if (this.#queues.get(key) === queue) this.#queues.delete(key);
    if (this.#queues.size === 0) this.#onEmpty?.();
  }

  async #deliver(key: string, event: AgentEvent, signal: AbortSignal): Promise<void> {
    const { attemptMs = 30_000, delay = sleep } = this.#options;
    const { firstMs, longestMs } = this.#options.backOff ?? { firstMs: 100, longestMs: 10_000 };
    for (let waitMs = firstMs; ; waitMs = Math.min(waitMs * 2, longestMs)) {
      try {
        await withDeadline('delivering an event', attemptMs, signal, (attempt) =>
          this.#transport.deliver(event, { signal: attempt }),
        );
        return;
      } catch (error) {
        signal.throwIfAborted();
        const fields = { key, eventId: event.eventId, type: event.type, error: describeError(error) };
        if (errorCode(error) === 'EVENT_REFUSED') return this.#logger.error('an event can not be delivered', fields);
        this.#logger.warn('an event was not delivered and is tried again', { ...fields, waitMs });
      }
      await delay(waitMs, signal);
    }
  }

  #tell(event: AgentEvent): void {
    try {
      this.#options.onDelivered?.(event);
    } catch (error) {
      this.#logger.error('the owner of a delivered event failed', { eventId: event.eventId, error });
    }
  }

  async #close(): Promise<void> {
    const { drainMs = 5_000 } = this.#options;
    if (this.#queues.size > 0) {
      const empty = new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
      await withDeadline('delivering the last events', drainMs, undefined, () => empty).catch(() => {
        this.#logger.warn('events stay in their outboxes until the next start', { pending: this.#pending });
      });
    }
    await this.#tasks[Symbol.asyncDispose]();
  }
}
