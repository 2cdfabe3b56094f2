import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Ack, type AttachRequest, EXTENSION, encodeDropped, encodeRecordMeta } from '@bai/kernel-protocol';
import { Bell } from '../bell.js';
import { type Gap, isGap, type Spool } from '../log/spool.js';
import type { Place, SpoolRecord } from '../log/spool-record.js';
import type { Report } from '../report.js';

export type Frames = readonly Uint8Array[];

/** What the outbox needs of a PUSH socket. */
export interface FrameSender {
  send(frames: (Uint8Array | string)[]): Promise<void>;
}

/** Answers that wait for a peer; more would mean that somebody asks and never reads. */
const ANSWER_LIMIT = 1024;
/** After so many messages in a row the event loop gets a turn. */
const BURST = 64;

interface Attachment {
  readonly windowBytes: number;
  received: number;
}

/**
 * Sends answers, and the log from the place where it stopped. One message at a time, so that order is kept.
 *
 * Without an attachment (upstream's agents) records go out as two frames as fast as zeromq takes them, and are forgotten when the spool
 * needs their room. With one they are numbered and wait for acknowledgements. @see docs/kernel-protocol.md
 */
export class Outbox {
  readonly #spool: Spool;
  readonly #sender: FrameSender;
  readonly #onReleased: () => void;
  readonly #report: Report;
  readonly #bell = new Bell();
  readonly #answers: Frames[] = [];
  #attachment: Attachment | undefined;
  #place: Place = { cursor: 0, output: 0 };
  #closed = false;

  /** `onReleased` is called whenever the spool may have got room. */
  constructor(spool: Spool, sender: FrameSender, onReleased: () => void, report: Report) {
    this.#spool = spool;
    this.#sender = sender;
    this.#onReleased = onReleased;
    this.#report = report;
  }

  /** There is something new in the spool. */
  wake(): void {
    this.#bell.ring();
  }

  /** Sends an answer before any more of the log. */
  answer(...frames: Uint8Array[]): void {
    if (this.#answers.length >= ANSWER_LIMIT) {
      this.#report(`more than ${ANSWER_LIMIT} answers wait for an agent that does not read: one was dropped`);
      return;
    }
    this.#answers.push(frames);
    this.#bell.ring();
  }

  /** Goes on with the log where the agent wants it, in the sequenced form. An older attachment ends. */
  attach(request: AttachRequest): void {
    const wanted = request.cursor === null ? undefined : this.#spool.placeAt(request.cursor);
    this.#place = wanted ?? this.#spool.released;
    this.#spool.forgettableTo(this.#spool.released);
    this.#spool.received(this.#place.cursor);
    this.#attachment = { windowBytes: request.windowBytes, received: this.#place.cursor };
    this.#bell.ring();
  }

  acknowledge(ack: Ack): void {
    const attachment = this.#attachment;
    if (attachment === undefined) return;
    const sent = this.#place.cursor;
    if (ack.received > sent || !this.#spool.received(ack.received) || !this.#release(Math.min(ack.released, sent))) {
      this.#report(`an acknowledgement of ${ack.received}/${ack.released} fits no record and was ignored`);
      return;
    }
    attachment.received = Math.max(attachment.received, ack.received);
    this.#bell.ring();
  }

  /** Sends until {@link close}. @throws what the socket throws while it's open. */
  async run(): Promise<void> {
    let burst = 0;
    while (!this.#closed) {
      const frames = this.#next();
      if (frames === undefined) {
        await this.#bell.wait();
        continue;
      }
      await this.#sender.send([...frames]);
      burst += 1;
      if (burst % BURST === 0) await nextTurn();
    }
  }

  close(): void {
    this.#closed = true;
    this.#bell.ring();
  }

  #release(cursor: number): boolean {
    const before = this.#spool.oldest.cursor;
    // An acknowledgement of less than before is late, not wrong.
    const known = cursor <= this.#spool.released.cursor || this.#spool.release(cursor);
    if (this.#spool.oldest.cursor > before) this.#onReleased();
    return known;
  }

  #next(): Frames | undefined {
    const answer = this.#answers.shift();
    if (answer !== undefined) return answer;
    const item = this.#spool.next(this.#place);
    if (item === undefined || !this.#inWindow(item)) return undefined;
    this.#spool.flush();
    this.#place = item.end;
    if (this.#attachment !== undefined) return sequencedFrames(item);
    this.#spool.forgettableTo(this.#place);
    this.#onReleased();
    return plainFrames(item);
  }

  /** A record that is larger than the whole window travels alone. */
  #inWindow(item: SpoolRecord | Gap): boolean {
    const attachment = this.#attachment;
    if (attachment === undefined || this.#place.cursor === attachment.received) return true;
    if (isGap(item)) return true;
    return item.end.cursor - attachment.received <= attachment.windowBytes;
  }
}

/** Upstream's agents know no marks: they get a `log` record for people. */
function plainFrames(item: SpoolRecord | Gap): Frames {
  if (!isGap(item)) return [Buffer.from(item.opcode), item.payload];
  return [Buffer.from('log'), Buffer.from(`${item.bytes} bytes of output were lost: the log was full\n`)];
}

function sequencedFrames(item: SpoolRecord | Gap): Frames {
  const { cursor } = item.end;
  if (!isGap(item)) return [Buffer.from(item.opcode), item.payload, encodeRecordMeta({ cursor, runId: item.runId })];
  const payload = encodeDropped({ bytes: item.bytes });
  return [Buffer.from(EXTENSION.dropped), payload, encodeRecordMeta({ cursor, runId: '' })];
}
