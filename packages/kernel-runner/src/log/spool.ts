import { type LogOpcode, recordBytes } from '@bai/kernel-protocol';
import { RecentRecords } from './recent-records.js';
import type { RingFile } from './ring-file.js';
import { isControl, type Place, placeBehind, placeRecord, type SpoolRecord, writeHeader } from './spool-record.js';
import { StoredRecords } from './stored-records.js';

/** Memory for the newest records; also all there is when the disk is full. */
const RECENT_BYTES = 4 * 1024 * 1024;
const RECENT_COUNT = 8192;
const STAGE_BYTES = 256 * 1024;
/** Room for the ends of runs when output has filled the rest. */
const RESERVE_BYTES = 64 * 1024;
export const LEAST_SPOOL_BYTES = 64 * 1024;
const BEGIN: Place = { cursor: 0, output: 0 };

/**
 * The kernel's log: records in order, in a ring file of fixed size. What the agent has released makes room. When there is none,
 * {@link fits} tells the sources that can wait, and {@link append} throws away the oldest output that nobody has taken. Control
 * records are never thrown away: they move to memory (there are few: the agent causes each of them).
 *
 * `released <= oldest <= end`. Between released and oldest lies what was thrown away; a {@link SpoolReader} reports it as gaps.
 */
export class Spool {
  readonly #file: RingFile;
  readonly #stored: StoredRecords;
  readonly #recent = new RecentRecords();
  readonly #stage = Buffer.allocUnsafe(STAGE_BYTES);
  readonly #reserve: number;
  #staged = 0;
  #kept: SpoolRecord[] = [];
  #released = BEGIN;
  #oldest = BEGIN;
  #end = BEGIN;
  /** Up to here records may be forgotten when room is needed (upstream's wire has no releases). */
  #forgettable = BEGIN;
  /** The last place that the agent acknowledged: output behind it can be counted exactly even after it was thrown away. */
  #received = BEGIN;
  #diskError: unknown;

  constructor(file: RingFile) {
    this.#file = file;
    this.#stored = new StoredRecords(file);
    this.#reserve = Math.min(RESERVE_BYTES, file.capacity / 8);
  }

  get capacity(): number {
    return this.#file.capacity;
  }

  get released(): Place {
    return this.#released;
  }

  get oldest(): Place {
    return this.#oldest;
  }

  get end(): Place {
    return this.#end;
  }

  /** Why records are kept in memory only, or undefined. */
  get diskError(): unknown {
    return this.#diskError;
  }

  /** True when so many more bytes of log have room without a loss. */
  fits(bytes: number): boolean {
    if (this.#room() < bytes + this.#reserve) this.#forget();
    return this.#room() >= bytes + this.#reserve;
  }

  /** Adds a record, whatever it costs the oldest ones. Output that is too big for this spool is only counted as lost. */
  append(opcode: LogOpcode, runId: string, payload: Buffer): void {
    const bytes = recordBytes(runId, payload.length);
    if (bytes > this.#file.capacity / 4) {
      this.#end = { cursor: this.#end.cursor, output: this.#end.output + payload.length };
      return;
    }
    this.#makeRoom(isControl(opcode) ? bytes : bytes + this.#reserve);
    const record = placeRecord(this.#end, opcode, runId, payload);
    this.#end = record.end;
    this.#recent.push(record);
    this.#write(record, bytes);
    this.#trim();
  }

  /** Brings what was appended to the file. Records are sent only after this. */
  flush(): void {
    if (this.#staged === 0 || this.#diskError !== undefined) return;
    try {
      this.#file.write(this.#end.cursor - this.#staged, this.#stage.subarray(0, this.#staged));
      this.#staged = 0;
    } catch (error) {
      this.#diskError = error;
    }
  }

  /**
   * The agent has everything up to `cursor` for good. False when that's no place in the log.
   */
  release(cursor: number): boolean {
    const place = this.placeAt(cursor);
    if (place === undefined) return false;
    if (place.cursor > this.#released.cursor) this.#releaseTo(place);
    return true;
  }

  /** The agent has received everything up to `cursor`. False when that's no place in the log. */
  received(cursor: number): boolean {
    const place = this.placeAt(cursor);
    if (place !== undefined) this.#received = place;
    return place !== undefined;
  }

  /** Records up to `place` may go when room is needed, without counting as lost. */
  forgettableTo(place: Place): void {
    this.#forgettable = place;
  }

  /**
   * The place between two records with this cursor, or undefined. Inside of what was thrown away only the acknowledged places are known
   * exactly; for others the output lost behind them is an upper bound.
   */
  placeAt(cursor: number): Place | undefined {
    const known = [this.#end, this.#oldest, this.#received, this.#released].find((place) => place.cursor === cursor);
    if (known !== undefined) return known;
    if (cursor < this.#released.cursor || cursor > this.#end.cursor) return undefined;
    if (cursor < this.#oldest.cursor) return { cursor, output: this.#outputBefore(cursor) };
    const recent = this.#recent.startingAt(cursor);
    return recent?.start ?? this.#walkTo(cursor);
  }

  /** Reads on from `place`: the next record, or the gap that begins there; undefined at the end. */
  next(place: Place): SpoolRecord | Gap | undefined {
    if (place.cursor < this.#oldest.cursor) return this.#nextThrownAway(place);
    if (place.cursor >= this.#end.cursor) return gapBetween(place, this.#end);
    const record = this.#recent.startingAt(place.cursor) ?? this.#stored.record(place.cursor, this.#fileEnd);
    return gapBetween(place, record.start) ?? record;
  }

  get #fileEnd(): number {
    return this.#end.cursor - this.#staged;
  }

  #room(): number {
    const onDisk = this.#file.capacity - (this.#end.cursor - this.#oldest.cursor);
    if (this.#diskError === undefined) return onDisk;
    const unwritten = this.#end.cursor - Math.max(this.#fileEnd, this.#oldest.cursor);
    return Math.min(onDisk, RECENT_BYTES - unwritten);
  }

  #write(record: SpoolRecord, bytes: number): void {
    if (this.#diskError === undefined && this.#staged + bytes > STAGE_BYTES) this.#flushBefore(record);
    if (this.#diskError === undefined && bytes <= STAGE_BYTES) {
      const headerBytes = writeHeader(this.#stage, this.#staged, record);
      record.payload.copy(this.#stage, this.#staged + headerBytes);
    }
    this.#staged += bytes;
    if (bytes > STAGE_BYTES) this.#writeLarge(record, bytes);
  }

  #flushBefore(record: SpoolRecord): void {
    const end = this.#end;
    this.#end = record.start;
    this.flush();
    this.#end = end;
  }

  #writeLarge(record: SpoolRecord, bytes: number): void {
    if (this.#diskError !== undefined) return;
    const whole = Buffer.allocUnsafe(bytes);
    record.payload.copy(whole, writeHeader(whole, 0, record));
    try {
      this.#file.write(record.start.cursor, whole);
      this.#staged = 0;
    } catch (error) {
      this.#diskError = error;
    }
  }

  #trim(): void {
    const recent = this.#recent;
    const written = this.#fileEnd;
    recent.trim(
      (record) => (recent.bytes > RECENT_BYTES || recent.count > RECENT_COUNT) && record.end.cursor <= written,
    );
  }

  #releaseTo(place: Place): void {
    this.#released = place;
    this.#kept = this.#kept.filter((record) => record.end.cursor > place.cursor);
    if (place.cursor <= this.#oldest.cursor) return;
    this.#oldest = place;
    this.#recent.trim((record) => record.end.cursor <= place.cursor);
  }

  #forget(): void {
    if (this.#forgettable.cursor > this.#oldest.cursor) this.#releaseTo(this.#forgettable);
  }

  #makeRoom(bytes: number): void {
    if (this.#room() < bytes) this.#forget();
    while (this.#room() < bytes && this.#oldest.cursor < this.#end.cursor) this.#throwAwayOldest();
  }

  #throwAwayOldest(): void {
    const { cursor } = this.#oldest;
    const recent = this.#recent.startingAt(cursor);
    if (recent !== undefined) {
      this.#oldest = recent.end;
      this.#recent.trim((record) => record.end.cursor <= recent.end.cursor);
      if (isControl(recent.opcode)) this.#kept.push(recent);
      return;
    }
    const header = this.#stored.header(cursor, this.#fileEnd);
    if (isControl(header.opcode)) this.#kept.push(this.#stored.record(cursor, this.#fileEnd));
    this.#oldest = placeBehind(cursor, header);
  }

  #nextThrownAway(place: Place): SpoolRecord | Gap {
    const record = this.#kept.find((kept) => kept.end.cursor > place.cursor);
    const target = record?.start ?? this.#oldest;
    const gap = gapBetween(place, target) ?? record;
    return gap ?? { gap: true, bytes: 0, end: this.#oldest };
  }

  #outputBefore(cursor: number): number {
    const places = [this.#released, this.#received, ...this.#kept.map((record) => record.end)];
    return Math.max(...places.filter((place) => place.cursor <= cursor).map((place) => place.output));
  }

  #walkTo(cursor: number): Place | undefined {
    const starts = [this.#oldest, this.#received].filter(
      (place) => place.cursor <= cursor && place.cursor >= this.#oldest.cursor,
    );
    let place = starts.reduce((best, other) => (other.cursor > best.cursor ? other : best), this.#oldest);
    while (place.cursor < cursor && place.cursor < this.#fileEnd) {
      place = placeBehind(place.cursor, this.#stored.header(place.cursor, this.#fileEnd));
    }
    return place.cursor === cursor ? place : undefined;
  }
}

/** Output that was thrown away. `bytes` may be 0 where only the place moves on. */
export interface Gap {
  readonly gap: true;
  readonly bytes: number;
  readonly end: Place;
}

export const isGap = (item: SpoolRecord | Gap): item is Gap => 'gap' in item;

function gapBetween(from: Place, to: Place): Gap | undefined {
  const bytes = to.output - from.output;
  return bytes > 0 ? { gap: true, bytes, end: to } : undefined;
}
