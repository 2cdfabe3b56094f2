import type { Readable } from 'node:stream';
import type { OutputLog, OutputOpcode } from '../log/output-log.js';

/** Brings what comes out of one pipe into the log. While the log has no room the pipe isn't read, so that its writers wait. */
export class Collector {
  readonly #stream: Readable;
  readonly #opcode: OutputOpcode;
  readonly #log: OutputLog;
  readonly #runId: () => string;
  #bytes = 0;
  #blocked: Promise<void> | undefined;

  /** `runId` is asked for each chunk: it names the run at work, or is empty between runs. */
  constructor(stream: Readable, opcode: OutputOpcode, log: OutputLog, runId: () => string) {
    this.#stream = stream;
    this.#opcode = opcode;
    this.#log = log;
    this.#runId = runId;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    // A broken pipe ends like a closed one: there's nothing more to read.
    stream.on('error', () => stream.destroy());
  }

  /** Bytes taken from the pipe so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when the chunk that waits for room is in the log; undefined when none waits. */
  get blocked(): Promise<void> | undefined {
    return this.#blocked;
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const runId = this.#runId();
    const rest = this.#log.offer(this.#opcode, runId, chunk);
    if (rest === undefined) return;
    this.#stream.pause();
    this.#blocked = this.#waitForRoom(rest, runId);
  }

  async #waitForRoom(chunk: Buffer, runId: string): Promise<void> {
    for (let rest: Buffer | undefined = chunk; rest !== undefined; ) {
      await this.#log.room();
      rest = this.#log.offer(this.#opcode, runId, rest);
    }
    this.#blocked = undefined;
    this.#stream.resume();
  }
}
