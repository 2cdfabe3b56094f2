import { watch } from 'node:fs';
import { abortable, type WaitOptions } from '@bai/core';

/** What a timer can hold. Longer waits end here, with the same answer. */
const LONGEST_MS = 2 ** 31 - 1;
/** How often a wait looks by itself: no notice tells that a supervisor was killed. */
const LOOK_MS = 100;

/** Calls `onChange` when files of a folder come or change, and each `lookMs` besides. Keeps the program alive until disposed. */
export function watchFolder(folder: string, lookMs: number, onChange: () => void): Disposable {
  const timer = setInterval(onChange, lookMs);
  const close = watchNotices(folder, onChange);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      close();
    },
  };
}

function watchNotices(folder: string, onChange: () => void): () => void {
  try {
    const watcher = watch(folder, onChange);
    watcher.on('error', () => watcher.close()); // the folder has gone
    return () => watcher.close();
  } catch {
    return () => {}; // no folder, or too many watches on this machine: the timer looks
  }
}

/**
 * Waits until `look` answers something, asking at each change of the folder.
 * A rejection of `signal`, or something that `look` throws, ends the wait. Answers undefined after `timeoutMs`.
 */
export async function waitForProgress<T>(
  folder: string,
  look: () => T | undefined,
  options: WaitOptions & { readonly timeoutMs?: number },
): Promise<T | undefined> {
  options.signal?.throwIfAborted();
  const { promise, settle } = deferred<T | undefined>();
  const ask = (): void => {
    try {
      const answer = look();
      if (answer !== undefined) settle.resolve(answer);
    } catch (error) {
      settle.reject(error);
    }
  };
  using _watch = watchFolder(folder, LOOK_MS, ask);
  const timer = setTimeout(() => settle.resolve(undefined), Math.min(options.timeoutMs ?? LONGEST_MS, LONGEST_MS));
  try {
    ask();
    return await abortable(promise, options.signal);
  } finally {
    clearTimeout(timer);
  }
}

function deferred<T>() {
  let settle: { resolve: (value: T) => void; reject: (error: unknown) => void } = { resolve() {}, reject() {} };
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, settle };
}
