import { describeError, errorCode, type Logger } from '@bai/core';
import type { ErrorContext, ErrorMonitor } from './error-monitor.js';
import { redactFields, redactText } from './redact.js';

/** Writes errors to the log, with their codes and stacks. */
export class LoggingErrorMonitor implements ErrorMonitor {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger.child({ name: 'telemetry:LoggingErrorMonitor' });
  }

  captureError(error: unknown, context: ErrorContext = {}): void {
    this.#write('unexpected error', context, () => ({
      error: redactText(describeError(error)),
      code: errorCode(error),
      stack: error instanceof Error ? redactText(error.stack ?? '') : undefined,
    }));
  }

  captureMessage(message: string, context: ErrorContext = {}): void {
    this.#write('message for the operator', context, () => ({ text: redactText(message) }));
  }

  /** Nothing to close: the logger belongs to the program. */
  async [Symbol.asyncDispose](): Promise<void> {}

  #write(message: string, context: ErrorContext, fields: () => ErrorContext): void {
    try {
      this.#logger.error(message, { ...redactFields(context), ...fields() });
    } catch {
      // Lossy by contract: whoever reports an error must not get another one.
    }
  }
}
