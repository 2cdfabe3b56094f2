import type { Container, ContainerExit } from '@bai/container-runtime';
import { readCgroupUsage } from '@bai/linux';
import type { Book } from '../book/book.js';
import type { BookRecord } from '../book/book-record.js';
import { findHostProcesses } from './find-processes.js';

/** Whether anything of the container runs. */
export function isRunning(book: Book): boolean {
  return book.isLaunched && book.exitStatus === undefined && findHostProcesses(book).all.length > 0;
}

/** How a container ended, or null when it hasn't. */
export function readExit(book: Book, record: BookRecord): ContainerExit | null {
  if (!book.isLaunched || isRunning(book)) return null;
  const code = book.exitStatus ?? null; // null: the supervisor was killed, or the machine went down
  return { code, oomKilled: code === 137 && (readCgroupUsage(record.cgroup).oomKills ?? 0) > 0 };
}

export function toContainer(book: Book, record: BookRecord): Container {
  const exit = readExit(book, record);
  const running = book.isLaunched ? 'running' : 'created';
  return {
    kernelId: record.kernelId,
    containerId: record.containerId,
    image: record.image,
    labels: record.labels,
    state: exit === null ? running : 'exited',
    exit,
    limits: record.enforcement,
  };
}
