import type { ConsoleItem } from '@bai/agent-api';
import { ConsoleBuilder, RunText } from './console.js';
import { endsRequest, gapRecord, type LogRecord } from './log-record.js';

/** Output in memory, of all runs of a kernel together. */
export interface Held {
  records: number;
  bytes: number;
}

/** What one answer holds. */
export interface Taken {
  readonly console: readonly ConsoleItem[];
  readonly droppedBytes: number;
  /** The record that ended the request, if one did. */
  readonly ender: LogRecord | undefined;
}

/**
 * The output of one run: what no client has got yet, and what was in answers that nobody has confirmed. A place in it is a cursor; reading
 * goes on from {@link position}, and {@link seek} moves it, so that a lost answer can be given again.
 */
export class RunOutput {
  readonly #held: Held;
  #records: LogRecord[] = [];
  /** Index of the first record that the next answer takes. */
  #next = 0;
  /** The texts at the first kept record, and at `#next`. */
  #baseText = new RunText();
  #text = new RunText();
  #baseCursor = 0;
  #position = 0;
  #waitingBytes = 0;
  #waitingEnders = 0;
  /** Output that was confirmed and let go: a client that goes back behind it misses it. */
  #forgottenBytes = 0;
  #missedBytes = 0;

  constructor(held: Held) {
    this.#held = held;
  }

  /** Cursor behind the last record that was handed out. */
  get position(): number {
    return this.#position;
  }
  get waitingRecords(): number {
    return this.#records.length - this.#next;
  }
  get waitingBytes(): number {
    return this.#waitingBytes;
  }
  get hasEnder(): boolean {
    return this.#waitingEnders > 0;
  }

  /** The log is needed from this cursor on: Infinity when all of this run was confirmed. */
  get neededFrom(): number {
    return Math.min(this.#records[0]?.start ?? Number.POSITIVE_INFINITY, this.#baseText.since);
  }

  push(record: LogRecord): void {
    // The client already has what comes again after a restart; its text still matters for characters that go on behind it.
    if (record.cursor <= this.#position && this.#next === this.#records.length) {
      this.#add(record);
      this.#next += 1;
      this.#countWaiting(record, -1);
      this.#text.read(record);
      this.forgetRead();
    } else {
      this.#add(record);
    }
  }

  /** Moves to a cursor, in either direction. */
  seek(cursor: number): void {
    if (cursor < this.#baseCursor) this.#missedBytes += this.#forgottenBytes;
    const behind = this.#records.findIndex((record) => record.cursor > cursor);
    this.#next = behind < 0 ? this.#records.length : behind;
    this.#text = this.#baseText.copy();
    this.#waitingBytes = 0;
    this.#waitingEnders = 0;
    for (const [index, record] of this.#records.entries()) {
      if (index < this.#next) this.#text.read(record);
      else this.#countWaiting(record, 1);
    }
    this.#position = cursor;
  }

  /** Lets go what lies before the position: the client has it. */
  forgetRead(): void {
    if (this.#next === 0) return;
    for (const record of this.#records.splice(0, this.#next)) {
      this.#forgottenBytes += record.payload.length;
      this.#drop(record);
    }
    this.#next = 0;
    this.#baseText = this.#text.copy();
    this.#baseCursor = this.#position;
  }

  /** Reads on until a record ends the request, or the answer is `maxBytes` large, or nothing is left. */
  take(maxBytes: number): Taken {
    const console = new ConsoleBuilder();
    let droppedBytes = this.#missedBytes;
    let bytes = 0;
    let ender: LogRecord | undefined;
    this.#missedBytes = 0;
    while (ender === undefined && bytes < maxBytes) {
      const record = this.#records[this.#next];
      if (record === undefined) break;
      this.#next += 1;
      this.#position = record.cursor;
      this.#countWaiting(record, -1);
      this.#text.read(record, console);
      bytes += record.payload.length;
      droppedBytes += record.droppedBytes;
      if (endsRequest(record)) ender = record;
    }
    return { console: console.build(), droppedBytes, ender };
  }

  /** True when a record behind the cursor has ended a request: then an input that was asked for at the cursor was given. */
  wasAnswered(cursor: number): boolean {
    return this.#records.some((record) => record.cursor > cursor && endsRequest(record));
  }

  /** Gives up what waits, but for the last record that ends a request, and counts it as dropped. */
  discard(): void {
    const waiting = this.#records.slice(this.#next);
    const [first, last] = [waiting[0], waiting.at(-1)];
    if (first === undefined || last === undefined) return;
    const ender = waiting.findLast(endsRequest);
    const lost = waiting.reduce((sum, record) => sum + record.droppedBytes + outputBytes(record), 0);
    this.#records.length = this.#next;
    for (const record of waiting) {
      this.#countWaiting(record, -1);
      this.#drop(record);
    }
    this.#add(gapRecord(first.start, ender?.start ?? last.cursor, lost));
    if (ender !== undefined) this.#add(ender);
  }

  /** Lets everything go. */
  clear(): void {
    for (const record of this.#records) this.#drop(record);
    this.#records = [];
    this.#next = 0;
    this.#waitingBytes = 0;
    this.#waitingEnders = 0;
    this.#baseText = new RunText();
  }

  #add(record: LogRecord): void {
    this.#records.push(record);
    this.#held.records += 1;
    this.#held.bytes += record.payload.length;
    this.#countWaiting(record, 1);
  }

  #drop(record: LogRecord): void {
    this.#held.records -= 1;
    this.#held.bytes -= record.payload.length;
  }

  #countWaiting(record: LogRecord, sign: 1 | -1): void {
    this.#waitingBytes += sign * record.payload.length;
    if (endsRequest(record)) this.#waitingEnders += sign;
  }
}

const outputBytes = (record: LogRecord): number => (endsRequest(record) ? 0 : record.payload.length);
