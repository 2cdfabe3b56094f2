import type { Logger } from '@bai/core';
import type { ErrorContext, ErrorMonitor } from './error-monitor.js';
import { describeSafely, redactFields, redactText } from './redact.js';

/** Writes errors to the log, with their codes and stacks. */
export class LoggingErrorMonitor implements ErrorMonitor {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger.child({ name: 'telemetry:LoggingErrorMonitor' });
  }

  captureError(error: unknown, context: ErrorContext = {}): void {
    this.#write('unexpected error', () => ({ ...redactFields(context), error: describeSafely(error) }));
  }

  captureMessage(message: string, context: ErrorContext = {}): void {
    this.#write('message for the operator', () => ({ ...redactFields(context), text: redactText(message) }));
  }

  /** Nothing to close: the logger belongs to the program. */
  async [Symbol.asyncDispose](): Promise<void> {}

  #write(message: string, fields: () => ErrorContext): void {
    try {
      this.#logger.error(message, fields());
    } catch {
      // Lossy by contract: whoever reports an error must not get another one.
    }
  }
}
