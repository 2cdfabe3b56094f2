import type { AgentEvent } from '@bai/agent-api';
import type { WaitOptions } from '@bai/core';

/**
 * A way out for events: to a manager over a network, or to listeners in this program.
 *
 * **Order.** Events arrive in the order in which their `deliver` calls resolved. Whoever wants an order waits for one delivery before
 * the next, as {@link EventDispatcher} does per kernel.
 *
 * **Doubles.** A delivery that failed may have arrived all the same; its repetition carries the same `eventId`.
 */
export interface EventTransport extends AsyncDisposable {
  /** Short name for people: `in-process`, `redis-stream`. */
  readonly kind: string;

  /**
   * Resolves once the event is safely handed over: acknowledged by the other end, where the transport has acknowledgements.
   *
   * @throws EventError `EVENT_REFUSED` when this event can never be delivered by this transport; `EVENTS_CLOSED` after disposal. Every
   * other rejection means that the same call may succeed later. An aborted `signal` rejects with its reason.
   */
  deliver(event: AgentEvent, options?: WaitOptions): Promise<void>;
}
