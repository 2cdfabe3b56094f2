import { describeError, errorCode, type LogFields, type Logger } from '@bai/core';

/** What stands where a secret was. */
export const REDACTED = '[redacted]';

/** Parts of a key that mark its value as secret: `registryPassword`, `api_token`, `Authorization`. */
const SECRET_KEY =
  /passw(or)?d|passphrase|secret|token|credential|private_?-?key|api_?-?key|access_?-?key|authorization|cookie/i;

/** User and password in a URL: `redis://user:password@host`. */
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi;

/** Deeper than this, values are left out: plain data of a log line isn't deep, and cycles end here. */
const MAX_DEPTH = 6;

/**
 * A copy of the fields in which values under secret keys, and passwords within URLs, are replaced. An `Error` becomes plain data, since
 * its text may hold such a URL, too; other class instances stay as they are.
 */
export function redactFields(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, redactEntry(key, value, 0)]));
}

/** Replaces passwords within URLs of a text. */
export const redactText = (text: string): string => text.replace(URL_PASSWORD, `$1:${REDACTED}@`);

/** An error as plain data without secrets: its text with those of its causes, its code and its stack. */
export function describeSafely(error: unknown): {
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
} {
  const code = errorCode(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    message: redactText(describeError(error)),
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
  };
}

/** A logger that redacts its fields before they reach `inner`. Put it around the logger of a program once, at its root. */
export function redactingLogger(inner: Logger): Logger {
  return {
    debug: (message, fields) => inner.debug(message, fields && redactFields(fields)),
    info: (message, fields) => inner.info(message, fields && redactFields(fields)),
    warn: (message, fields) => inner.warn(message, fields && redactFields(fields)),
    error: (message, fields) => inner.error(message, fields && redactFields(fields)),
    child: (fields) => redactingLogger(inner.child(redactFields(fields))),
  };
}

function redactEntry(key: string, value: unknown, depth: number): unknown {
  if (value === undefined || value === null || typeof value === 'boolean') return value;
  return SECRET_KEY.test(key) ? REDACTED : redactValue(value, depth);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return depth < MAX_DEPTH ? value.map((item) => redactValue(item, depth + 1)) : REDACTED;
  if (value instanceof Error) return describeSafely(value);
  if (!isPlainObject(value)) return value;
  if (depth >= MAX_DEPTH) return REDACTED;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactEntry(key, item, depth + 1)]));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
