import type { AgentEvent } from '@bai/agent-api';
import { abortable, type WaitOptions } from '@bai/core';
import { EventError } from '../errors.js';
import type { EventTransport } from '../port.js';

/** What {@link FaultyEvents} does with deliveries. */
export type Fault = 'none' | 'reject' | 'hang' | 'lose-answer';

/** A transport with faults in front of a sound one, for tests of what stands above. */
export class FaultyEvents implements EventTransport {
  readonly kind = 'faulty';
  /** `lose-answer` hands over and then fails, as a connection that breaks after the write. */
  fault: Fault = 'none';
  readonly #inner: EventTransport;

  constructor(inner: EventTransport) {
    this.#inner = inner;
  }

  async deliver(event: AgentEvent, options: WaitOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    const { fault } = this;
    if (fault === 'hang') return await abortable(new Promise<never>(() => {}), options.signal);
    if (fault !== 'reject') await this.#inner.deliver(event, options);
    if (fault !== 'none') throw new EventError('EVENT_UNDELIVERED', `the fault ${fault} is set`, { retryable: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}
