/** Plain data that helps an operator or a program to understand an error. Never holds secrets. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface BaiErrorOptions extends ErrorOptions {
  readonly details?: ErrorDetails;
  /** True when the same call may succeed later without a change by the caller. Default false. */
  readonly retryable?: boolean;
}

/**
 * Base of every error that these packages throw on purpose.
 *
 * Match on `code`, not on the class or the text: codes are stable and listed in `docs/errors.md`, and they survive
 * two copies of a package in one process. `message` says what failed, on which thing, and what to do.
 */
export class BaiError extends Error {
  readonly code: string;
  readonly details: ErrorDetails;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: BaiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? false;
  }
}

/** A broken assumption inside this program: not caused by input, not to be handled, only to be reported. */
export class BugError extends BaiError {
  constructor(message: string, options?: BaiErrorOptions) {
    super('BUG', `${message} (this is a bug in bai-agent: please report it)`, options);
  }
}

/** A wait that ended at its deadline. */
export class DeadlineError extends BaiError {
  constructor(what: string, timeoutMs: number, options?: BaiErrorOptions) {
    super('DEADLINE_EXCEEDED', `${what} did not finish within ${timeoutMs} ms`, {
      retryable: true,
      ...options,
      details: { timeoutMs, ...options?.details },
    });
  }
}

/** The text of anything that was thrown, with its causes: one line for logs and for error replies. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let current: unknown = error; parts.length < 5; ) {
    parts.push(current instanceof Error ? current.message : textOf(current));
    if (!(current instanceof Error) || current.cause === undefined || current.cause === null) break;
    current = current.cause;
  }
  return parts.join(': ');
}

/** Even of an object that refuses to become text. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

/** The stable code of anything that was thrown: that of a {@link BaiError}, else Node's `code`, else undefined. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Turns anything that was thrown into an `Error`, keeping an `Error` as it is. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown));
}
