import { LOG_OPCODES, type LogOpcode, ProtocolError, RECORD_OVERHEAD_BYTES, recordBytes } from '@bai/kernel-protocol';

const CONTROL: ReadonlySet<LogOpcode> = new Set(['waiting-input', 'clean-finished', 'build-finished', 'finished']);

/** True for the records that must reach the agent whatever happens: they end a request. */
export const isControl = (opcode: LogOpcode): boolean => CONTROL.has(opcode);

/** A place in the log between two records. */
export interface Place {
  /** Bytes of log before this place. */
  readonly cursor: number;
  /** Bytes of the user's output among them: the difference of two places says how much output lies between. */
  readonly output: number;
}

export interface SpoolRecord {
  readonly opcode: LogOpcode;
  readonly runId: string;
  readonly payload: Buffer;
  readonly start: Place;
  readonly end: Place;
}

/**
 * On disk: 4 bytes total length, 1 byte opcode, 1 byte zero, 2 bytes length of the run id, 8 bytes output before the record (all
 * big-endian), the run id, the payload.
 */
export function writeHeader(target: Buffer, offset: number, record: SpoolRecord): number {
  const runBytes = target.write(record.runId, offset + RECORD_OVERHEAD_BYTES, 'utf8');
  target.writeUInt32BE(record.end.cursor - record.start.cursor, offset);
  target.writeUInt16BE(LOG_OPCODES.indexOf(record.opcode) << 8, offset + 4);
  target.writeUInt16BE(runBytes, offset + 6);
  target.writeBigUInt64BE(BigInt(record.start.output), offset + 8);
  return RECORD_OVERHEAD_BYTES + runBytes;
}

export interface SpoolHeader {
  readonly totalBytes: number;
  readonly opcode: LogOpcode;
  readonly runIdBytes: number;
  readonly output: number;
}

/** @throws {ProtocolError} when the bytes are no header. */
export function readHeader(bytes: Buffer): SpoolHeader {
  const opcode = LOG_OPCODES[bytes.readUInt8(4)];
  const totalBytes = bytes.readUInt32BE(0);
  const runIdBytes = bytes.readUInt16BE(6);
  if (opcode === undefined || bytes.readUInt8(5) !== 0 || totalBytes < RECORD_OVERHEAD_BYTES + runIdBytes) {
    throw new ProtocolError('the spool file holds no record where one must be');
  }
  return { totalBytes, opcode, runIdBytes, output: Number(bytes.readBigUInt64BE(8)) };
}

/** Lays a record behind `start`. */
export function placeRecord(start: Place, opcode: LogOpcode, runId: string, payload: Buffer): SpoolRecord {
  const cursor = start.cursor + recordBytes(runId, payload.length);
  const output = start.output + (isControl(opcode) ? 0 : payload.length);
  return { opcode, runId, payload, start, end: { cursor, output } };
}

/** The place behind the record at `cursor` whose header this is. */
export function placeBehind(cursor: number, header: SpoolHeader): Place {
  const payloadBytes = header.totalBytes - header.runIdBytes - RECORD_OVERHEAD_BYTES;
  const output = header.output + (isControl(header.opcode) ? 0 : payloadBytes);
  return { cursor: cursor + header.totalBytes, output };
}
