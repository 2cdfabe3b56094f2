import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeError } from '@bai/container-runtime';
import { errorCode, type KernelId, parseKernelId } from '@bai/core';
import { Book } from './book.js';

/** Names that begin with a dot are being made or being removed. */
const HIDDEN = /^\.(new|old)-/;

/** The books of all containers of one place: a folder per kernel. */
export class Shelf {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  book(kernelId: KernelId): Book {
    return new Book(join(this.#directory, kernelId), kernelId);
  }

  books(): Book[] {
    return readdirSync(this.#directory).flatMap((name) => {
      const kernelId = parseName(name);
      return kernelId === undefined ? [] : [this.book(kernelId)];
    });
  }

  /**
   * Makes a book under a temporary name, lets `fill` write it, and gives it its name at the end: a book that can be seen is whole.
   * @throws {RuntimeError} `CONTAINER_EXISTS`
   */
  add(kernelId: KernelId, fill: (draft: Book) => void): Book {
    const book = this.book(kernelId);
    const draft = new Book(join(this.#directory, `.new-${kernelId}-${randomBytes(4).toString('hex')}`), kernelId);
    try {
      mkdirSync(draft.folder, { mode: 0o700 });
      fill(draft);
      renameSync(draft.folder, book.folder);
    } catch (error) {
      rmSync(draft.folder, { recursive: true, force: true });
      if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
      throw new RuntimeError('CONTAINER_EXISTS', `kernel ${kernelId} has a container already`, {
        details: { kernelId },
      });
    }
    return book;
  }

  /** Takes a book away at once, then its files. Success when there is none. */
  remove(kernelId: KernelId): void {
    const hidden = join(this.#directory, `.old-${kernelId}-${randomBytes(4).toString('hex')}`);
    try {
      renameSync(this.book(kernelId).folder, hidden);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      throw error;
    }
    rmSync(hidden, { recursive: true, force: true });
  }

  /** Takes away what a process left that died while it made or removed a book. */
  sweep(): void {
    for (const name of readdirSync(this.#directory)) {
      if (HIDDEN.test(name)) rmSync(join(this.#directory, name), { recursive: true, force: true });
    }
  }
}

function parseName(name: string): KernelId | undefined {
  try {
    return parseKernelId(name) === name ? parseKernelId(name) : undefined;
  } catch {
    return undefined; // not a book
  }
}
