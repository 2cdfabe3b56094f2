import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { messageOf, RunnerError } from '../errors.js';

/**
 * A file of fixed size that is written round and round: the byte with the logical position `cursor` lies at `cursor` modulo the capacity.
 * It grows on disk as far as it was ever written. The descriptor is opened once; the path isn't used again.
 */
export class RingFile implements Disposable {
  readonly capacity: number;
  readonly #fd: number;

  /** @throws {RunnerError} `RUNNER_SPOOL` when the file can't be created. */
  static open(path: string, capacity: number): RingFile {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    try {
      return new RingFile(openSync(path, flags, 0o600), capacity);
    } catch (cause) {
      const message = `cannot create the spool file ${path} (${messageOf(cause)}): the folder must be writable`;
      throw new RunnerError('RUNNER_SPOOL', message, { cause });
    }
  }

  constructor(fd: number, capacity: number) {
    this.#fd = fd;
    this.capacity = capacity;
  }

  /** @throws the system's error, for example `ENOSPC`. */
  write(cursor: number, bytes: Buffer): void {
    this.#each(cursor, bytes.length, (from, to, position) => {
      for (let done = from; done < to; ) done += writeSync(this.#fd, bytes, done, to - done, position + done - from);
    });
  }

  read(cursor: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    this.#each(cursor, length, (from, to, position) => {
      for (let done = from; done < to; ) {
        const count = readSync(this.#fd, bytes, done, to - done, position + done - from);
        if (count === 0) throw new RunnerError('RUNNER_SPOOL', 'the spool file was cut short by another program');
        done += count;
      }
    });
    return bytes;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  /** Splits a range of logical positions at the end of the file. */
  #each(cursor: number, length: number, part: (from: number, to: number, position: number) => void): void {
    const position = cursor % this.capacity;
    const first = Math.min(length, this.capacity - position);
    part(0, first, position);
    if (first < length) part(first, length, 0);
  }
}
