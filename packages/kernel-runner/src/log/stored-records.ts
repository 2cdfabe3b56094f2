import { RECORD_OVERHEAD_BYTES } from '@bai/kernel-protocol';
import type { RingFile } from './ring-file.js';
import { placeRecord, readHeader, type SpoolHeader, type SpoolRecord } from './spool-record.js';

const BLOCK_BYTES = 128 * 1024;

/** Reads records back from the ring file, block by block: going on where the last one ended costs a file read per block only. */
export class StoredRecords {
  readonly #file: RingFile;
  #block: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };

  constructor(file: RingFile) {
    this.#file = file;
  }

  /** Header of the record at `cursor`. `end` is where the written part of the file ends. */
  header(cursor: number, end: number): SpoolHeader {
    return readHeader(this.#bytes(cursor, RECORD_OVERHEAD_BYTES, end));
  }

  record(cursor: number, end: number): SpoolRecord {
    const header = this.header(cursor, end);
    const bytes = this.#bytes(cursor, header.totalBytes, end);
    const payloadStart = RECORD_OVERHEAD_BYTES + header.runIdBytes;
    const runId = bytes.toString('utf8', RECORD_OVERHEAD_BYTES, payloadStart);
    // Copied: a slice would keep the whole block alive for as long as the record waits to be sent.
    const payload = Buffer.from(bytes.subarray(payloadStart));
    return placeRecord({ cursor, output: header.output }, header.opcode, runId, payload);
  }

  #bytes(cursor: number, length: number, end: number): Buffer {
    const { start, bytes } = this.#block;
    if (cursor < start || cursor + length > start + bytes.length) {
      const wanted = Math.min(Math.max(length, BLOCK_BYTES), end - cursor, this.#file.capacity);
      this.#block = { start: cursor, bytes: this.#file.read(cursor, wanted) };
    }
    const offset = cursor - this.#block.start;
    return this.#block.bytes.subarray(offset, offset + length);
  }
}
