import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, type KernelId, type Logger, parseKernelId } from '@bai/core';
import { SerialQueue } from '../kernel/serial-queue.js';
import { replaceFile, syncFolder } from './durable-file.js';
import { formatRecord, type KernelRecord, parseRecord } from './kernel-record.js';

const SUFFIX = '.json';

/** What was found on disk at the start. */
export interface LoadedRecords {
  readonly records: readonly KernelRecord[];
  /** Kernels whose record can't be read. Their files were put aside with the ending `.corrupt`. */
  readonly corrupt: readonly KernelId[];
}

/** The records of all kernels: one file each, in one folder. */
export class RecordStore {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #writers = new Map<KernelId, SerialQueue>();

  private constructor(folder: string, logger: Logger) {
    this.#folder = folder;
    this.#logger = logger;
  }

  static async open(folder: string, logger: Logger): Promise<RecordStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new RecordStore(folder, logger);
  }

  async load(): Promise<LoadedRecords> {
    const records: KernelRecord[] = [];
    const corrupt: KernelId[] = [];
    for (const name of await readdir(this.#folder)) {
      if (name.endsWith('.tmp')) await rm(join(this.#folder, name), { force: true });
      if (!name.endsWith(SUFFIX)) continue;
      const path = join(this.#folder, name);
      try {
        records.push(parseRecord(await readFile(path, 'utf8')));
      } catch (error) {
        this.#logger.error('a kernel record is not readable and was put aside', { path, error: describeError(error) });
        await rename(path, `${path}.corrupt`);
        const kernelId = kernelIdOf(name);
        if (kernelId !== undefined) corrupt.push(kernelId);
      }
    }
    return { records, corrupt };
  }

  /** Writes the whole record. Calls for one kernel take effect in order. */
  save(record: KernelRecord, options: { readonly durable: boolean }): Promise<void> {
    return this.#inOrder(record.kernelId, () =>
      replaceFile(this.#path(record.kernelId), formatRecord(record), options),
    );
  }

  async delete(kernelId: KernelId): Promise<void> {
    await this.#inOrder(kernelId, async () => {
      await rm(this.#path(kernelId), { force: true });
      await syncFolder(this.#folder);
    });
  }

  async #inOrder(kernelId: KernelId, write: () => Promise<void>): Promise<void> {
    const queue = this.#writers.get(kernelId) ?? new SerialQueue();
    this.#writers.set(kernelId, queue);
    const written = queue.run(write);
    const settled = queue.idle();
    void settled.then(() => {
      if (this.#writers.get(kernelId) === queue && queue.pending === 0) this.#writers.delete(kernelId);
    });
    await written;
  }

  #path(kernelId: KernelId): string {
    return join(this.#folder, kernelId + SUFFIX);
  }
}

function kernelIdOf(name: string): KernelId | undefined {
  try {
    return parseKernelId(name.slice(0, -SUFFIX.length));
  } catch {
    return undefined; // a foreign file: there is no kernel behind it
  }
}
