const NOTHING = Buffer.alloc(0);

/**
 * Incremental UTF-8 with replacement of what is invalid: however the bytes are cut into chunks, the text is that of the whole.
 * Remembers where the bytes of an unfinished character came from, so that they can be fetched again after a crash.
 */
export class Utf8Stream {
  #pending: Buffer = NOTHING;
  #since = Number.POSITIVE_INFINITY;

  /** Cursor before the chunk in which the unfinished character begins; Infinity when there is none. */
  get since(): number {
    return this.#since;
  }

  /** `start` is the cursor before the chunk. */
  write(chunk: Buffer, start: number): string {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const tail = unfinishedTail(bytes);
    // A tail longer than the chunk began in an earlier one, whose place stays.
    if (tail === 0) this.#since = Number.POSITIVE_INFINITY;
    else if (tail <= chunk.length) this.#since = start;
    const end = bytes.length - tail;
    // Copied: a slice would keep the whole chunk alive.
    this.#pending = tail === 0 ? NOTHING : Buffer.from(bytes.subarray(end));
    return bytes.toString('utf8', 0, end);
  }

  /** Ends the text: an unfinished character becomes a replacement character. */
  end(): string {
    const text = this.#pending.toString('utf8');
    this.#pending = NOTHING;
    this.#since = Number.POSITIVE_INFINITY;
    return text;
  }

  copy(): Utf8Stream {
    const copy = new Utf8Stream();
    copy.#pending = this.#pending;
    copy.#since = this.#since;
    return copy;
  }
}

/** Length of a character at the end that is right so far but not complete: 0 to 3. */
function unfinishedTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const second = back === 1 ? undefined : bytes[bytes.length - back + 1];
    return characterLength(byte) > back && canFollow(byte, second) ? back : 0;
  }
  return 0;
}

function characterLength(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** Four lead bytes allow only a part of the continuation bytes behind them (no overlong forms, surrogates or values above U+10FFFF). */
function canFollow(lead: number, second: number | undefined): boolean {
  if (second === undefined) return true;
  if (lead === 0xe0) return second >= 0xa0;
  if (lead === 0xed) return second < 0xa0;
  if (lead === 0xf0) return second >= 0x90;
  if (lead === 0xf4) return second < 0x90;
  return true;
}
