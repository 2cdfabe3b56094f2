import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';

export interface RotatingFileOptions {
  readonly path: string;
  /** A file never grows beyond this. */
  readonly rotationBytes: number;
  /** Older files that are kept, as `path.1` (newest) to `path.N`. */
  readonly backups: number;
}

/** A log file that is put aside when it would become too large. Writes at once, so that a crash loses no line. */
export class RotatingFile extends Writable {
  readonly #options: RotatingFileOptions;
  #fd: number;
  #size: number;

  /** Creates the folder. @throws the system's error when the file can't be written */
  constructor(options: RotatingFileOptions) {
    super({ decodeStrings: true });
    this.#options = options;
    mkdirSync(dirname(options.path), { recursive: true });
    this.#fd = openSync(options.path, 'a', 0o640);
    this.#size = fstatSync(this.#fd).size;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    try {
      if (this.#size > 0 && this.#size + chunk.length > this.#options.rotationBytes) this.#rotate();
      writeSync(this.#fd, chunk);
      this.#size += chunk.length;
      callback();
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)));
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    closeSync(this.#fd);
    callback(error);
  }

  #rotate(): void {
    const { path, backups } = this.#options;
    closeSync(this.#fd);
    rmSync(`${path}.${backups}`, { force: true });
    for (let number = backups - 1; number >= 1; number -= 1)
      renameIfThere(`${path}.${number}`, `${path}.${number + 1}`);
    renameIfThere(path, `${path}.1`);
    this.#fd = openSync(path, 'a', 0o640);
    this.#size = 0;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
