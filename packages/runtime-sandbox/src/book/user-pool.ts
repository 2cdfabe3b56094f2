import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeError } from '@bai/container-runtime';
import { errorCode, type KernelId } from '@bai/core';

/** Users on the host that belong to nobody and that kernels get one each of. */
export interface UserRange {
  readonly first: number;
  readonly count: number;
}

/** Above what distributions give to people and services, below what they give to user namespaces of people. */
export const DEFAULT_USER_RANGE: UserRange = { first: 200_000, count: 65_536 };

/** A reservation without a book is one of a creation that goes on now, or of one that died: after this time it's the latter. */
const ABANDONED_MS = 10 * 60 * 1000;

/**
 * Gives each kernel a user of its own: a file per user, made exclusively, so that no two kernels share one, whichever process
 * creates them. Each place begins elsewhere in the range, so that two agents of one machine seldom meet.
 */
export class UserPool {
  readonly #directory: string;
  readonly #range: UserRange;
  readonly #offset: number;

  constructor(directory: string, range: UserRange) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#directory = directory;
    this.#range = range;
    this.#offset = createHash('sha256').update(directory).digest().readUInt32BE() % range.count;
  }

  /** @throws {RuntimeError} `CONTAINER_CREATE_FAILED` when all are taken */
  take(kernelId: KernelId): number {
    const taken = new Set(readdirSync(this.#directory));
    for (let step = 0; step < this.#range.count; step += 1) {
      const uid = this.#range.first + ((this.#offset + step) % this.#range.count);
      if (!taken.has(String(uid)) && this.#claim(uid, kernelId)) return uid;
    }
    throw new RuntimeError(
      'CONTAINER_CREATE_FAILED',
      `all ${this.#range.count} users for kernels are taken: remove kernels, or give the sandbox a wider range`,
    );
  }

  #claim(uid: number, kernelId: KernelId): boolean {
    try {
      writeFileSync(join(this.#directory, String(uid)), kernelId, { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
  }

  /** Success also for a user that wasn't taken from here. */
  giveBack(uid: number, kernelId: KernelId): void {
    const path = join(this.#directory, String(uid));
    if (readOwner(path) === kernelId) rmSync(path, { force: true });
  }

  /** Gives back the users of kernels that are no more. */
  sweep(kernelIds: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#directory)) {
      const path = join(this.#directory, name);
      const isOld = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > ABANDONED_MS;
      if (isOld && !kernelIds.has(readOwner(path) ?? '')) rmSync(path, { force: true });
    }
  }
}

function readOwner(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
