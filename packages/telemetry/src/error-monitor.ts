/** What was going on: plain data. Values under keys that look like secrets are redacted before they leave. */
export type ErrorContext = Readonly<Record<string, unknown>>;

/**
 * Where errors go that a person should look at: bugs, failures nobody asked for; not a user's bad input.
 * Lossy by contract: returns at once and never throws.
 */
export interface ErrorMonitor extends AsyncDisposable {
  captureError(error: unknown, context?: ErrorContext): void;
  captureMessage(message: string, context?: ErrorContext): void;
}
