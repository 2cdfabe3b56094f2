import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelId } from '@bai/core';
import { errorCode } from '@bai/core';
import { type ProcessIdentity, parseIdentity } from '@bai/linux';
import { STAGE_READY, STAGE_STARTED } from '../scripts/init.js';
import { type BookRecord, parseBookRecord } from './book-record.js';

/**
 * The folder in which everything about one container lies, and where its processes write how far they have come. All that the
 * runtime knows is in these files.
 */
export class Book {
  constructor(
    readonly folder: string,
    readonly kernelId: KernelId,
  ) {}

  /** The record, or undefined when there is no such container. @throws when the file isn't a record */
  read(): BookRecord | undefined {
    const text = this.#text('record.json');
    return text === undefined ? undefined : parseBookRecord(text);
  }

  /** Written once, before the folder gets its name. */
  write(record: BookRecord): void {
    writeDurably(join(this.folder, 'record.json'), `${JSON.stringify(record)}\n`);
  }

  file(name: 'console' | 'mounts' | 'late-mounts' | 'late-targets' | 'remounts'): string {
    return join(this.folder, name);
  }

  /** The kernel's root file system before anything is mounted. */
  get skeleton(): string {
    return join(this.folder, 'root');
  }

  /** Holds the runner's sockets and its log; of the kernel's user. */
  get runFolder(): string {
    return join(this.folder, 'run');
  }

  /** Where the processes of the container write. Apart from the rest, so that it can be watched without noise. */
  get progressFolder(): string {
    return join(this.folder, 'progress');
  }

  /** Notes that the container is being started. False when that was noted before. */
  markLaunched(): boolean {
    try {
      closeSync(openSync(join(this.folder, 'launched'), 'wx', 0o600));
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
  }

  get isLaunched(): boolean {
    return this.#text('launched') !== undefined;
  }

  /** The process that writes down how the container ended. */
  get supervisor(): ProcessIdentity | undefined {
    return parseIdentity(this.#text('progress/supervisor') ?? '');
  }

  /** The process that holds the namespaces; its child is process 1 of the kernel. */
  get keeper(): ProcessIdentity | undefined {
    return parseIdentity(this.#text('progress/keeper') ?? '');
  }

  get isStarted(): boolean {
    return this.#stages().includes(STAGE_STARTED);
  }

  get isReady(): boolean {
    return this.#stages().includes(STAGE_READY);
  }

  /** Exit status as the supervisor wrote it; undefined when it hasn't. */
  get exitStatus(): number | undefined {
    const text = this.#text('progress/exit')?.trim() ?? '';
    return /^\d{1,3}$/.test(text) ? Number(text) : undefined;
  }

  #stages(): string[] {
    return (this.#text('progress/stage') ?? '').split('\n');
  }

  #text(name: string): string | undefined {
    try {
      return readFileSync(join(this.folder, name), 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
