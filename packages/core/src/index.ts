export { BoundedQueue, type Overflow } from './bounded-queue.js';
export { DisposalStack } from './disposal.js';
export {
  BaiError,
  type BaiErrorOptions,
  BugError,
  DeadlineError,
  describeError,
  type ErrorDetails,
  errorCode,
  toError,
} from './errors.js';
export {
  type AgentId,
  InvalidIdError,
  type KernelId,
  newKernelId,
  newSessionId,
  parseAgentId,
  parseKernelId,
  parseSessionId,
  type SessionId,
} from './ids.js';
export { type LogFields, type Logger, type LogLevel, type LogLine, MemoryLogger, nullLogger } from './logger.js';
export { abortable, poll, sleep, type WaitOptions, withDeadline } from './signals.js';
export { TaskGroup } from './task-group.js';
export { formatShortSize, formatSize, InvalidSizeError, parseSize } from './units.js';
