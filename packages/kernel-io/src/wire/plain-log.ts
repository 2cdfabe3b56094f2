import { isLogOpcode, ProtocolError, recordBytes } from '@bai/kernel-protocol';
import type { LogReader, RecordLog } from './record-log.js';

/** Sent by upstream's runners, of no use to anybody. @see spec/03 §5.3 */
const IGNORED = 'model-service-status';

export interface Gate {
  pause(): void;
  resume(): void;
}

/**
 * The log on upstream's wire: two frames, no run, no place. Cursors are made here. They begin so high that those of an earlier life of the agent
 * lie below them, since nothing of before can be had again.
 */
export class PlainLog implements RecordLog {
  readonly #reader: LogReader;
  readonly #gate: Gate;
  #cursor = Date.now() * 1024;

  constructor(reader: LogReader, gate: Gate) {
    this.#reader = reader;
    this.#gate = gate;
  }

  accept(opcode: string, frames: readonly Buffer[]): void {
    const [, payload] = frames;
    if (payload === undefined || frames.length !== 2)
      throw new ProtocolError(`'${opcode}' came with ${frames.length} frames`);
    if (opcode === IGNORED) return;
    if (!isLogOpcode(opcode)) throw new ProtocolError(`unknown opcode '${opcode.slice(0, 40)}'`);
    const start = this.#cursor;
    this.#cursor += recordBytes('', payload.length);
    this.#reader.deliver(null, { opcode, payload, start, cursor: this.#cursor, droppedBytes: 0 }, false);
    this.progress();
  }

  /** A runner that isn't read blocks, and with it the program that prints. */
  progress(): void {
    if (this.#reader.isFull) this.#gate.pause();
    else this.#gate.resume();
  }

  reconnected(): void {}

  [Symbol.dispose](): void {
    this.#gate.resume();
  }
}
