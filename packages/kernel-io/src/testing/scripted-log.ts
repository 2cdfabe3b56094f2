import { type AttachRequest, EXTENSION, encodeDropped, encodeRecordMeta, recordBytes } from '@bai/kernel-protocol';

type Frame = Uint8Array | string;

interface Entry {
  readonly opcode: string;
  readonly payload: Uint8Array;
  readonly runId: string;
  readonly start: number;
  readonly end: number;
}

/** Control records survive a full spool, as in the real runner. */
const CONTROL: ReadonlySet<string> = new Set(['waiting-input', 'clean-finished', 'build-finished', 'finished']);

/** The log of a {@link ScriptedRunner}: records with cursors, a bound, and what an attached agent may get next. */
export class ScriptedLog {
  readonly #entries: Entry[] = [];
  readonly #dropped: { readonly end: number; readonly bytes: number }[] = [];
  readonly #maxBytes: number;
  #bytes = 0;
  #end = 0;
  #released = 0;
  #sent = 0;
  #received = 0;
  #windowBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get end(): number {
    return this.#end;
  }

  /** The oldest place that an agent can ask for. */
  get oldest(): number {
    return this.#released;
  }

  append(opcode: string, payload: Uint8Array, runId: string): void {
    const size = recordBytes(runId, payload.length);
    this.#entries.push({ opcode, payload, runId, start: this.#end, end: this.#end + size });
    this.#end += size;
    this.#bytes += size;
    while (this.#bytes > this.#maxBytes && this.#dropOldest());
  }

  attach(request: AttachRequest): void {
    const { cursor, windowBytes } = request;
    const known = cursor !== null && cursor >= this.#released && this.#isPlace(cursor);
    this.#sent = known ? cursor : this.#released;
    this.#received = this.#sent;
    this.#windowBytes = windowBytes;
  }

  /** @throws RangeError for places that are none: an agent that acknowledges them is wrong. */
  acknowledge(received: number, released: number): void {
    if (received > this.#sent || released > received) throw new RangeError(`acknowledged ${received}/${released}`);
    if (!this.#isPlace(received) || !this.#isPlace(released)) throw new RangeError('acknowledged no end of a record');
    this.#received = Math.max(this.#received, received);
    this.#released = Math.max(this.#released, released);
    while (this.#entries[0] !== undefined && this.#entries[0].end <= this.#released) this.#remove(0);
  }

  /** The next message of the sequenced form, or undefined when there is none or the window is used up. */
  next(): Frame[] | undefined {
    const entry = this.#entries[this.#indexBehind(this.#sent)];
    if (entry === undefined) return undefined;
    if (entry.start > this.#sent) return this.#gap(entry.start);
    if (this.#sent > this.#received && entry.end - this.#received > this.#windowBytes) return undefined;
    this.#sent = entry.end;
    return [entry.opcode, entry.payload, encodeRecordMeta({ cursor: entry.end, runId: entry.runId })];
  }

  /** Index of the first record that ends behind the cursor. */
  #indexBehind(cursor: number): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.end ?? 0) > cursor) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #gap(end: number): Frame[] {
    const bytes = this.#droppedBetween(this.#sent, end);
    this.#sent = end;
    return [EXTENSION.dropped, encodeDropped({ bytes }), encodeRecordMeta({ cursor: end, runId: '' })];
  }

  #droppedBetween(from: number, to: number): number {
    return this.#dropped.filter(({ end }) => end > from && end <= to).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #dropOldest(): boolean {
    const index = this.#entries.findIndex((entry) => !CONTROL.has(entry.opcode));
    const entry = this.#entries[index];
    if (entry === undefined) return false;
    this.#dropped.push({ end: entry.end, bytes: entry.payload.length });
    this.#remove(index);
    return true;
  }

  #remove(index: number): void {
    const [entry] = this.#entries.splice(index, 1);
    if (entry !== undefined) this.#bytes -= entry.end - entry.start;
  }

  #isPlace(cursor: number): boolean {
    if (cursor === 0 || cursor === this.#end || cursor <= this.#released) return true;
    return (
      this.#entries.some((entry) => entry.start === cursor || entry.end === cursor) ||
      this.#dropped.some((entry) => entry.end === cursor)
    );
  }
}
