import type { SpoolRecord } from './spool-record.js';

/** The newest records in memory, so that live streaming reads no file. Bounded by {@link trim}, which the spool calls. */
export class RecentRecords {
  #records: SpoolRecord[] = [];
  #first = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#records.length - this.#first;
  }

  get oldest(): SpoolRecord | undefined {
    return this.#records[this.#first];
  }

  push(record: SpoolRecord): void {
    this.#records.push(record);
    this.#bytes += record.payload.length;
  }

  /** Forgets records from the oldest on, as long as `unneeded` says so. */
  trim(unneeded: (record: SpoolRecord) => boolean): void {
    for (let record = this.oldest; record !== undefined && unneeded(record); record = this.oldest) {
      this.#bytes -= record.payload.length;
      this.#first += 1;
    }
    // Cutting the array costs its length: only when at least half of it is dead.
    if (this.#first > 64 && this.#first * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#first);
      this.#first = 0;
    }
  }

  /** The record that begins exactly at `cursor`. */
  startingAt(cursor: number): SpoolRecord | undefined {
    let low = this.#first;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.#records[middle];
      if (record === undefined || record.start.cursor >= cursor) high = middle;
      else low = middle + 1;
    }
    const found = this.#records[low];
    return found?.start.cursor === cursor ? found : undefined;
  }
}
