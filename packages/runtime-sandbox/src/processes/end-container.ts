import { RuntimeError } from '@bai/container-runtime';
import { sleep, type WaitOptions } from '@bai/core';
import { isAlive, type ProcessIdentity, signalProcess } from '@bai/linux';
import type { Book } from '../book/book.js';
import { isRunning } from './container-state.js';
import { findHostProcesses, findInit } from './find-processes.js';
import { waitForProgress } from './progress.js';

const KILL_INTERVAL_MS = 5;
/** So long the supervisor may take to write down the end before it is killed as well. */
const SUPERVISOR_MS = 2_000;
const KILL_DEADLINE_MS = 15_000;

/** Asks the container to end and waits for that, at most `graceMs`. */
export async function askToEnd(book: Book, options: { readonly graceMs: number } & WaitOptions): Promise<void> {
  let isAsked = false;
  const look = (): true | undefined => {
    const { keeper } = findHostProcesses(book);
    const init = keeper && findInit(keeper);
    if (!isAsked && init !== undefined) isAsked = signalProcess(init, 'SIGTERM'); // while it starts there is nobody to ask yet
    return isRunning(book) ? undefined : true;
  };
  await waitForProgress(book.progressFolder, look, { signal: options.signal, timeoutMs: options.graceMs });
}

/**
 * Kills everything of a container and waits until it is gone. With process 1, the kernel ends all processes of its namespace
 * before the keeper learns of it. @throws {RuntimeError} `RUNTIME_UNAVAILABLE` when processes don't die
 */
export async function killContainer(book: Book, options: WaitOptions = {}): Promise<void> {
  const killed: ProcessIdentity[] = [];
  const begin = Date.now();
  while (findHostProcesses(book).all.length > 0 || killed.some((identity) => isAlive(identity))) {
    const elapsed = Date.now() - begin;
    if (elapsed > KILL_DEADLINE_MS) throw immortal(book);
    killed.push(...killOnce(book, elapsed > SUPERVISOR_MS));
    await sleep(KILL_INTERVAL_MS, options.signal);
  }
}

/** Kills process 1; the keeper where there is none; with `all`, the supervisor as well. Answers whom it killed. */
function killOnce(book: Book, all: boolean): ProcessIdentity[] {
  const { all: found, keeper } = findHostProcesses(book);
  const init = keeper && findInit(keeper);
  const victims = all ? [...(init ? [init] : []), ...found] : [init ?? keeper].filter((victim) => victim !== undefined);
  return victims.filter((victim) => signalProcess(victim, 'SIGKILL'));
}

const immortal = (book: Book): RuntimeError =>
  new RuntimeError(
    'RUNTIME_UNAVAILABLE',
    `processes of kernel ${book.kernelId} do not end though they were killed: look for a hanging file system (ps axl | grep ' D')`,
    { retryable: true, details: { kernelId: book.kernelId } },
  );
