import {
  type AttachedReply,
  decodeAttached,
  decodeDropped,
  decodeRecordMeta,
  EXTENSION,
  encodeAck,
  encodeAttach,
  isLogOpcode,
  ProtocolError,
  recordBytes,
} from '@bai/kernel-protocol';
import type { LogReader, RecordLog, Send } from './record-log.js';

/** Acknowledgements that nothing waits for are gathered for so long. */
const ACK_DELAY_MS = 50;
/** An attach is repeated when so long nothing came of what its answer promised. */
const CHECK_MS = 1_000;
/** An attach without an answer is repeated sooner, and one after a gap that stays; each time after twice as long. */
const FIRST_PAUSE_MS = 20;
/** So often a gap is taken for an accident of the connection. */
const MAX_ATTEMPTS = 6;

export interface SequencedLogOptions {
  readonly reader: LogReader;
  readonly send: Send;
  readonly windowBytes: number;
  /** Everything that the runner had at the first attach has been read. */
  readonly onCaughtUp: () => void;
  /** Another runner answers in the place of the one before. */
  readonly onOtherEpoch: () => void;
}

/**
 * The log on our wire: attaches where it stopped, notices what is missing, acknowledges what arrived and what every client has got for good.
 *
 * Messages can be missing even on one machine: for a moment after an agent went away, zeromq still gives some of what the runner sends to the
 * connection that is no more.
 * @see docs/kernel-protocol.md
 */
export class SequencedLog implements RecordLog {
  readonly #options: SequencedLogOptions;
  #epoch: string | undefined;
  /** Records that come before the answer to the newest attach belong to an older one. */
  #attached = false;
  #arrived = 0;
  /** End of what the runner had when it was first attached. */
  #historyEnd = Number.POSITIVE_INFINITY;
  #caughtUp = false;
  /** End of the log in the newest answer, and what had arrived when that was last looked at. */
  #promisedEnd = 0;
  #checkedAt = 0;
  /** What arrived was compared with the runner's log after any earlier connection was surely gone. */
  #isVerified = false;
  #checkTimer: NodeJS.Timeout | undefined;
  /** Attaches since the last record that fitted, and since the last answer. */
  #attempts = 0;
  #unanswered = 0;
  #acked = { received: 0, released: 0 };
  #ackTimer: NodeJS.Timeout | undefined;

  constructor(options: SequencedLogOptions) {
    this.#options = options;
  }

  /** Asks for the log from where it stopped; what comes before the answer is left out. Repeated until it's answered. */
  attach(): void {
    this.#attached = false;
    this.#unanswered += 1;
    this.#checkAfter(Math.min(CHECK_MS, FIRST_PAUSE_MS * 2 ** this.#unanswered));
    const cursor = this.#epoch === undefined ? null : this.#arrived;
    this.#options.send(EXTENSION.attach, encodeAttach({ cursor, windowBytes: this.#options.windowBytes }));
  }

  accept(opcode: string, frames: readonly Buffer[]): void {
    const [, payload, metaFrame] = frames;
    if (payload === undefined || frames.length > 3)
      throw new ProtocolError(`'${opcode}' came with ${frames.length} frames`);
    if (opcode === EXTENSION.attached) this.#onAttached(decodeAttached(payload));
    else if (this.#attached) this.#onLog(opcode, payload, metaFrame);
  }

  /** Moves the runner's window at once when it has shrunk, else soon. */
  progress(): void {
    if (!this.#attached) return;
    const isUrgent = this.#arrived - this.#acked.received >= this.#options.windowBytes / 4;
    if (isUrgent && !this.#options.reader.isFull) this.#acknowledge();
    else this.#ackTimer ??= setTimeout(() => this.#acknowledge(), ACK_DELAY_MS).unref();
  }

  reconnected(): void {
    this.attach();
  }

  [Symbol.dispose](): void {
    this.#attached = false;
    clearTimeout(this.#checkTimer);
    clearTimeout(this.#ackTimer);
  }

  #onLog(opcode: string, payload: Buffer, metaFrame: Buffer | undefined): void {
    if (metaFrame === undefined) throw new ProtocolError(`'${opcode}' came without its place`);
    const { cursor, runId } = decodeRecordMeta(metaFrame);
    if (!Number.isSafeInteger(cursor)) throw new ProtocolError(`'${opcode}' came with the impossible cursor ${cursor}`);
    if (opcode === EXTENSION.dropped) this.#onDropped(cursor, decodeDropped(payload).bytes);
    else this.#onRecord(opcode, payload, cursor, runId);
    this.#checkCaughtUp();
    this.progress();
  }

  #onAttached(reply: AttachedReply): void {
    if (this.#epoch !== undefined && reply.epoch !== this.#epoch) {
      this.#options.onOtherEpoch();
      return;
    }
    if (this.#epoch === undefined) {
      this.#epoch = reply.epoch;
      this.#arrived = reply.oldest;
      this.#acked = { received: reply.oldest, released: reply.oldest };
      this.#historyEnd = reply.end;
      this.#isVerified = reply.end === 0 && reply.activeRun === null;
    }
    this.#attached = true;
    this.#unanswered = 0;
    this.#promisedEnd = reply.end;
    this.#checkAfter(CHECK_MS);
    const running = reply.activeRun === null ? reply.queuedRuns : [reply.activeRun, ...reply.queuedRuns];
    for (const runId of running) if (runId !== '') this.#options.reader.adopt(runId);
    this.#checkCaughtUp();
  }

  #onDropped(cursor: number, bytes: number): void {
    if (cursor < this.#arrived) return;
    const start = this.#arrived;
    this.#arrived = cursor;
    this.#attempts = 0;
    this.#options.reader.deliverGap(start, cursor, bytes);
  }

  #onRecord(opcode: string, payload: Buffer, cursor: number, runId: string): void {
    // Came before: an attach begins at an older place when the runner doesn't know the one that was asked for.
    if (cursor <= this.#arrived) return;
    const start = cursor - recordBytes(runId, payload.length);
    if (start !== this.#arrived && !this.#acceptsGap(start)) return;
    this.#attempts = 0;
    this.#arrived = cursor;
    if (!isLogOpcode(opcode)) throw new ProtocolError(`unknown opcode '${opcode.slice(0, 40)}' in the log`);
    if (runId !== '') {
      this.#options.reader.deliver(runId, { opcode, payload, start, cursor, droppedBytes: 0 }, !this.#caughtUp);
    }
  }

  /** Records are missing: asks for them again, and takes the loss when the runner doesn't give them. */
  #acceptsGap(start: number): boolean {
    if (this.#attempts >= MAX_ATTEMPTS) {
      this.#options.reader.deliverGap(this.#arrived, start, Math.max(0, start - this.#arrived));
      return true;
    }
    this.#attempts += 1;
    if (this.#attempts === 1) {
      this.attach();
    } else {
      this.#attached = false;
      this.#checkAfter(FIRST_PAUSE_MS * 2 ** (this.#attempts - 2));
    }
    return false;
  }

  #checkAfter(delayMs: number): void {
    clearTimeout(this.#checkTimer);
    this.#checkTimer = setTimeout(() => this.#check(), delayMs).unref();
  }

  #check(): void {
    const isComplete = this.#attached && this.#arrived >= this.#promisedEnd;
    const moves = this.#arrived !== this.#checkedAt;
    this.#checkedAt = this.#arrived;
    if (isComplete && this.#isVerified) return;
    if (this.#attached && (moves || this.#options.reader.isFull)) {
      this.#checkAfter(CHECK_MS);
      return;
    }
    this.#isVerified = isComplete;
    this.attach();
  }

  #checkCaughtUp(): void {
    if (this.#caughtUp || this.#arrived < this.#historyEnd) return;
    this.#caughtUp = true;
    this.#options.onCaughtUp();
  }

  #acknowledge(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    if (!this.#attached) return;
    const { reader, send } = this.#options;
    const received = reader.isFull ? this.#acked.received : this.#arrived;
    const released = Math.max(this.#acked.released, Math.min(reader.neededFrom, received));
    if (received === this.#acked.received && released === this.#acked.released) return;
    if (send(EXTENSION.ack, encodeAck({ received, released }))) this.#acked = { received, released };
  }
}
