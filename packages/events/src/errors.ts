import { BaiError, type BaiErrorOptions } from '@bai/core';

/** Closed list of what handing over an event may fail with. */
export type EventErrorCode = 'EVENT_UNDELIVERED' | 'EVENT_REFUSED' | 'EVENTS_CLOSED';

/** An event that was not handed over. */
export class EventError extends BaiError {
  declare readonly code: EventErrorCode;

  constructor(code: EventErrorCode, message: string, options?: BaiErrorOptions) {
    super(code, message, options);
  }
}
