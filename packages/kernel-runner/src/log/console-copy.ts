import { closeSync, fstatSync, ftruncateSync, openSync, readSync, type Stats, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { messageOf, systemCode } from '../errors.js';
import { type Report, reportToStderr } from '../report.js';
import type { OutputOpcode } from './output-log.js';

export const DEFAULT_CONSOLE_BYTES = 10 * 1024 * 1024;
/** A console that nobody reads gets no more than this beyond what was read. */
const PIPE_BACKLOG_BYTES = 1024 * 1024;

/** Where one of the two descriptors leads. */
interface Target {
  write(bytes: Buffer): void;
}

/**
 * The copy of the user's output in the runner's own stdout and stderr, for the container log. It's a convenience beside the log proper:
 * a console that can't be written is left alone, and a slow reader loses output here instead of holding up the kernel.
 */
export class ConsoleCopy {
  readonly #targets: Map<OutputOpcode, Target>;

  /** `maxBytes` bounds a console that is a regular file: above it the newest half is kept. */
  constructor(maxBytes: number, report: Report = reportToStderr, descriptors = { stdout: 1, stderr: 2 }) {
    const lost = (opcode: OutputOpcode) => (error: unknown) => {
      this.#targets.delete(opcode);
      report(`the console's ${opcode} can't be written any more: ${messageOf(error)}`);
    };
    this.#targets = new Map();
    for (const opcode of ['stdout', 'stderr'] as const) {
      const target = openTarget(descriptors[opcode], maxBytes, lost(opcode));
      if (target !== undefined) this.#targets.set(opcode, target);
    }
  }

  write(opcode: OutputOpcode, bytes: Buffer): void {
    this.#targets.get(opcode)?.write(bytes);
  }
}

function openTarget(fd: number, maxBytes: number, lost: (error: unknown) => void): Target | undefined {
  let stats: Stats;
  try {
    stats = fstatSync(fd);
  } catch (error) {
    if (systemCode(error) === 'EBADF') return undefined;
    throw error;
  }
  if (stats.isFIFO() || stats.isSocket()) return new PipeTarget(fd, lost);
  return new FileTarget(fd, stats.isFile() ? maxBytes : Number.POSITIVE_INFINITY, lost);
}

class PipeTarget implements Target {
  readonly #socket: Socket;

  constructor(fd: number, lost: (error: unknown) => void) {
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on('error', lost);
    this.#socket.unref();
  }

  write(bytes: Buffer): void {
    if (this.#socket.writableLength < PIPE_BACKLOG_BYTES) this.#socket.write(bytes);
  }
}

/** A regular file, or a device. */
class FileTarget implements Target {
  readonly #fd: number;
  readonly #maxBytes: number;
  readonly #lost: (error: unknown) => void;

  constructor(fd: number, maxBytes: number, lost: (error: unknown) => void) {
    this.#fd = fd;
    this.#maxBytes = maxBytes;
    this.#lost = lost;
  }

  write(bytes: Buffer): void {
    try {
      if (this.#maxBytes === Number.POSITIVE_INFINITY) writeSync(this.#fd, bytes);
      else this.#writeBounded(bytes);
    } catch (error) {
      this.#lost(error);
    }
  }

  /** Always at the file's end: stdout and stderr may be two descriptors of one file, each with a position of its own. */
  #writeBounded(bytes: Buffer): void {
    const { size } = fstatSync(this.#fd);
    if (size + bytes.length <= this.#maxBytes) {
      this.#writeAt(size, bytes);
      return;
    }
    const half = Math.floor(this.#maxBytes / 2);
    this.#writeAt(this.#keepNewest(size, half), bytes.subarray(-half));
  }

  #writeAt(position: number, bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done);
    }
  }

  /** Cuts the file down to its newest whole lines. Returns its new size. */
  #keepNewest(size: number, limit: number): number {
    const tail = readTail(this.#fd, size, Math.min(limit, size));
    const kept = tail.subarray(tail.indexOf(0x0a) + 1);
    ftruncateSync(this.#fd, 0);
    this.#writeAt(0, kept);
    return kept.length;
  }
}

/** The last bytes of a file that is perhaps open for writing only; nothing when it may not be read. */
function readTail(fd: number, size: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  try {
    const reader = openSync(`/proc/self/fd/${fd}`, 'r');
    const count = readSync(reader, bytes, 0, length, size - length);
    closeSync(reader);
    return bytes.subarray(0, count);
  } catch (error) {
    if (['EACCES', 'EPERM', 'ENOENT'].includes(systemCode(error))) return Buffer.alloc(0);
    throw error;
  }
}
