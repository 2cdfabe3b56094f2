import type { LogOpcode } from '@bai/kernel-protocol';
import { recordBytes } from '@bai/kernel-protocol';
import type { ConsoleCopy } from './console-copy.js';
import type { Spool } from './spool.js';

/** Longest stdout or stderr record; less in a small spool. */
export const CHUNK_BYTES = 64 * 1024;
/** Small pieces of output are gathered for so long, unless the program was silent before. */
const GATHER_MS = 5;

export type OutputOpcode = 'stdout' | 'stderr';

interface OpenRecord {
  readonly opcode: OutputOpcode;
  readonly runId: string;
  readonly pieces: Buffer[];
  bytes: number;
}

/**
 * The way into the spool. Output of pipes is taken as far as there is room ({@link offer}), so that a program waits while nobody takes
 * its output away; output that can't wait is taken anyhow ({@link push}); the ends of runs always ({@link control}).
 */
export class OutputLog {
  readonly #spool: Spool;
  readonly #console: ConsoleCopy;
  readonly #onRecords: () => void;
  readonly #chunkBytes: number;
  #open: OpenRecord | undefined;
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #lastAt = 0;
  #waiters: (() => void)[] = [];

  /** `onRecords` is called after records came into the spool. */
  constructor(spool: Spool, console: ConsoleCopy, onRecords: () => void) {
    this.#spool = spool;
    this.#console = console;
    this.#onRecords = onRecords;
    this.#chunkBytes = Math.min(CHUNK_BYTES, Math.floor(spool.capacity / 8));
  }

  /** Takes output while there is room. Returns what had none: offer it again after {@link room}. */
  offer(opcode: OutputOpcode, runId: string, chunk: Buffer): Buffer | undefined {
    for (let rest = chunk; rest.length > 0; ) {
      const piece = rest.subarray(0, this.#chunkBytes);
      const open = this.#open?.bytes ?? 0;
      if (!this.#spool.fits(open + recordBytes(runId, 0) * 2 + piece.length)) return rest;
      this.#gather(opcode, runId, piece);
      rest = rest.subarray(piece.length);
    }
    return undefined;
  }

  /** Resolves when something was released, so that it's worth to {@link offer} again. */
  room(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Takes output of a source that can't wait, at the cost of the oldest output. */
  push(opcode: LogOpcode, runId: string, payload: Buffer): void {
    if (opcode !== 'stdout' && opcode !== 'stderr') {
      this.#append(opcode, runId, payload);
      return;
    }
    for (let rest = payload; rest.length > 0; rest = rest.subarray(this.#chunkBytes)) {
      this.#gather(opcode, runId, rest.subarray(0, this.#chunkBytes));
    }
  }

  /** Adds a record that ends something. It comes after all output that was taken before. */
  control(opcode: LogOpcode, runId: string, payload: Uint8Array): void {
    this.#append(opcode, runId, Buffer.from(payload));
  }

  /** The spool has new room. */
  released(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #append(opcode: LogOpcode, runId: string, payload: Buffer): void {
    this.#close();
    this.#spool.append(opcode, runId, payload);
    this.#onRecords();
  }

  #gather(opcode: OutputOpcode, runId: string, piece: Buffer): void {
    const open = this.#open;
    if (open?.opcode === opcode && open.runId === runId && open.bytes + piece.length <= this.#chunkBytes) {
      open.pieces.push(piece);
      open.bytes += piece.length;
      return;
    }
    this.#close();
    this.#open = { opcode, runId, pieces: [piece], bytes: piece.length };
    this.#schedule();
  }

  /** The first output after a silence goes out at the end of this turn of the event loop, what follows closely is gathered. */
  #schedule(): void {
    const wait = this.#lastAt + GATHER_MS - performance.now();
    const close = () => this.#close();
    this.#timer = wait > 0 ? setTimeout(close, wait) : setImmediate(close);
  }

  #close(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    this.#cancelTimer();
    this.#lastAt = performance.now();
    const payload = Buffer.concat(open.pieces, open.bytes);
    this.#spool.append(open.opcode, open.runId, payload);
    this.#console.write(open.opcode, payload);
    this.#onRecords();
  }

  #cancelTimer(): void {
    const timer = this.#timer;
    this.#timer = undefined;
    if (timer === undefined) return;
    if ('hasRef' in timer && 'refresh' in timer) clearTimeout(timer);
    else clearImmediate(timer as NodeJS.Immediate);
  }
}
