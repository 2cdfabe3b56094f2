import { DeadlineError } from './errors.js';

/** The longest that a timer of Node.js can wait, 24.8 days; it takes more for 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What every operation that can wait accepts. An aborted wait rejects with `signal.reason`. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Resolves after `ms`, or rejects with the reason of `signal`. Keeps the process alive meanwhile. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
      Math.min(ms, MAX_TIMER_MS),
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Runs `work` with a signal that aborts at the deadline or with the caller's signal, whichever comes first.
 * The promise settles at that moment even when `work` ignores its signal.
 *
 * @param what names the work in the error: "starting the runner".
 * @throws {DeadlineError} at the deadline; the caller's `signal.reason` on its abort.
 */
export async function withDeadline<T>(
  what: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const expire = () => controller.abort(new DeadlineError(what, timeoutMs));
  const timer = setTimeout(expire, Math.min(timeoutMs, MAX_TIMER_MS));
  try {
    return await abortable(work(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Settles like `promise`, or rejects with the reason of `signal` if that comes first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    );
  });
}

/**
 * Asks `condition` again and again until it answers something other than undefined.
 * For states of the operating system that announce nothing. @throws {DeadlineError}
 */
export function poll<T>(
  what: string,
  options: { readonly timeoutMs: number; readonly intervalMs: number } & WaitOptions,
  condition: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  return withDeadline(what, options.timeoutMs, options.signal, async (signal) => {
    for (;;) {
      const value = await condition();
      if (value !== undefined) return value;
      await sleep(options.intervalMs, signal);
    }
  });
}
