import { RuntimeError } from '@bai/container-runtime';
import type { WaitOptions } from '@bai/core';
import { createCgroup, limitCgroup } from '@bai/linux';
import type { Book } from './book/book.js';
import type { BookRecord } from './book/book-record.js';
import { giveTree } from './book/give-tree.js';
import { readTail } from './book/read-tail.js';
import type { Place } from './place.js';
import { isRunning } from './processes/container-state.js';
import { killContainer } from './processes/end-container.js';
import { launch } from './processes/launch.js';
import { waitForProgress } from './processes/progress.js';

const START_DEADLINE_MS = 60_000;
/** So long the supervisor may take to write down who it is: looking for it otherwise is slow. */
const FIRST_SIGN_MS = 200;
const QUOTED_BYTES = 2_000;

/** Starts the processes of a container and waits until the runner's program begins. @throws {RuntimeError} `CONTAINER_START_FAILED` */
export async function startContainer(
  book: Book,
  record: BookRecord,
  place: Place,
  options: WaitOptions,
): Promise<void> {
  if (!book.markLaunched()) throw startFailed(book, 'it was started before');
  if (record.user !== null) await giveTree(record.workDir, record.user.uid, record.user.gid);
  makeGroup(record);
  await launch(book, record, place.scripts, place.host);
  await waitForStart(book, options);
}

function makeGroup({ cgroup, limits }: BookRecord): void {
  createCgroup(cgroup);
  limitCgroup(cgroup, {
    cpus: limits.cpus ?? undefined,
    cpuset: limits.cpuset ?? undefined,
    memoryBytes: limits.memoryBytes ?? undefined,
    processes: limits.processes ?? undefined,
  });
}

async function waitForStart(book: Book, options: WaitOptions): Promise<void> {
  const begin = Date.now();
  const look = (): boolean | undefined => {
    if (book.isStarted) return true;
    if (book.exitStatus !== undefined) return false;
    return Date.now() - begin > FIRST_SIGN_MS && !isRunning(book) ? false : undefined;
  };
  const started = await waitForProgress(book.progressFolder, look, { ...options, timeoutMs: START_DEADLINE_MS });
  if (started || book.isStarted) return;
  if (started === undefined) await killContainer(book);
  const log = Buffer.from(await readTail(book.file('console'), QUOTED_BYTES))
    .toString('utf8')
    .trim();
  throw startFailed(book, log === '' ? 'its first process said nothing' : log);
}

export const startFailed = (book: Book, why: string, cause?: unknown): RuntimeError =>
  new RuntimeError('CONTAINER_START_FAILED', `the container of kernel ${book.kernelId} did not start: ${why}`, {
    cause,
    details: { kernelId: book.kernelId },
  });
