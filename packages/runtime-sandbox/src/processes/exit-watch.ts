import type { ContainerExit, ContainerExited } from '@bai/container-runtime';
import type { KernelId, Logger } from '@bai/core';
import type { Book } from '../book/book.js';
import type { BookRecord } from '../book/book-record.js';
import { isRunning, readExit } from './container-state.js';
import { watchFolder } from './progress.js';

/** Only for ends that no file tells of; with many kernels, each look counts. */
const LOOK_MS = 2_000;

interface Watched {
  readonly book: Book;
  readonly record: BookRecord;
  readonly watch: Disposable;
}

/** Tells the end of each container that was seen running, once. */
export class ExitWatch implements Disposable {
  readonly #watched = new Map<KernelId, Watched>();
  readonly #listeners = new Set<(exited: ContainerExited) => void>();
  readonly #logger: Logger;
  #isClosed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  onExit(listener: (exited: ContainerExited) => void): Disposable {
    const own = (exited: ContainerExited): void => listener(exited); // one listener may subscribe twice
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** Begins to watch a container, if it isn't watched. One that has ended meanwhile is told. */
  track(book: Book, record: BookRecord): void {
    const known = this.#watched.get(book.kernelId);
    if (this.#isClosed || known?.record.containerId === record.containerId) return;
    if (known !== undefined) this.settle(book.kernelId);
    const watch = watchFolder(book.progressFolder, LOOK_MS, () => this.check(book.kernelId));
    this.#watched.set(book.kernelId, { book, record, watch });
    this.check(book.kernelId);
  }

  /** Looks whether a watched container has ended. */
  check(kernelId: KernelId): void {
    const watched = this.#watched.get(kernelId);
    if (watched !== undefined && !isRunning(watched.book)) this.settle(kernelId);
  }

  /** Tells the end of a watched container, which no longer runs, now. */
  settle(kernelId: KernelId): void {
    const watched = this.#watched.get(kernelId);
    if (watched === undefined) return;
    this.#watched.delete(kernelId);
    watched.watch[Symbol.dispose]();
    const { book, record } = watched;
    // Another object may have removed the book, or made a new one of the same kernel.
    const isOwn = book.read()?.containerId === record.containerId;
    const exit = (isOwn ? readExit(book, record) : null) ?? { code: null, oomKilled: false };
    this.#tell({ kernelId, containerId: record.containerId, exit });
  }

  #tell(exited: { kernelId: KernelId; containerId: string; exit: ContainerExit }): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(exited);
      } catch (error) {
        this.#logger.error('a listener for ended containers failed', { kernelId: exited.kernelId, error });
      }
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const { watch } of this.#watched.values()) watch[Symbol.dispose]();
    this.#watched.clear();
    this.#listeners.clear();
  }
}
