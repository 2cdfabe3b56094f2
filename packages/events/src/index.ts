export { EventError, type EventErrorCode } from './errors.js';
export { EventDispatcher, type EventDispatcherOptions } from './event-dispatcher.js';
export type { EventStream } from './event-stream.js';
export { type EventFilter, type EventListener, type EventStreamOptions, InProcessEvents } from './in-process-events.js';
export type { EventTransport } from './port.js';
