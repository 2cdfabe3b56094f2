/** A record of a kernel's log as it waits for a client. */
export interface LogRecord {
  /** One of the protocol's opcodes, or one that we don't know. */
  readonly opcode: string;
  readonly payload: Buffer;
  /** Cursor before and behind the record. */
  readonly start: number;
  readonly cursor: number;
  /** Bytes of output that were lost here: all of a gap, or what was cut off a record. */
  readonly droppedBytes: number;
}

const EMPTY = Buffer.alloc(0);

/** Stands for output that was lost. */
export const gapRecord = (start: number, cursor: number, droppedBytes: number): LogRecord => ({
  opcode: 'bai-dropped',
  payload: EMPTY,
  start,
  cursor,
  droppedBytes,
});

const ENDERS: ReadonlySet<string> = new Set(['clean-finished', 'build-finished', 'finished', 'waiting-input']);

/** True for records that end a request. @see spec/03 §5.5 */
export const endsRequest = (record: LogRecord): boolean => ENDERS.has(record.opcode);

/** Cuts a stdout or stderr record to `maxBytes`. Copied when cut, so that the rest doesn't stay in memory. @see spec/03 §5.5 */
export function cutRecord(record: LogRecord, maxBytes: number): LogRecord {
  const { opcode, payload } = record;
  if (payload.length <= maxBytes || (opcode !== 'stdout' && opcode !== 'stderr')) return record;
  const droppedBytes = record.droppedBytes + payload.length - maxBytes;
  return { ...record, payload: Buffer.from(payload.subarray(0, maxBytes)), droppedBytes };
}
