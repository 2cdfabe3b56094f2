import { encode } from '@msgpack/msgpack';
import { ProtocolError } from './errors.js';
import { decodeMap, numberField } from './payloads.js';

/**
 * Our extension of the wire: the runner keeps its log in a spool whose records have a place, so that an agent that lost its
 * connection, or its life, goes on where it was.
 *
 * A *cursor* is a number of bytes: the place in the log right after a record. It only grows while one runner lives (`epoch`).
 * Cursors stay below 2^53, so they are plain numbers.
 */
export interface AttachRequest {
  /** Send what lies behind this cursor; null means all that the spool still holds. */
  readonly cursor: number | null;
  /** How many bytes the runner may send beyond the last acknowledged cursor. */
  readonly windowBytes: number;
}

export interface AttachedReply {
  /** Identifies this life of the runner: another epoch means that cursors of before are void. */
  readonly epoch: string;
  /** The oldest cursor from which the log can still be sent. */
  readonly oldest: number;
  /** The end of the log at this moment. */
  readonly end: number;
  /** The run at work, or null. */
  readonly activeRun: string | null;
  /** Runs that were accepted and wait for their turn, in order. */
  readonly queuedRuns: readonly string[];
}

/** Sent in the place of records that a full spool threw away. */
export interface DroppedPayload {
  /** Bytes of output that were lost, without the spool's own framing. */
  readonly bytes: number;
}

/** Third frame of a log record. */
export interface RecordMeta {
  /** Cursor right after this record. */
  readonly cursor: number;
  /** The run that the record belongs to; empty for output of no run (the bootstrap script, background threads). */
  readonly runId: string;
}

/** What a record takes in the log besides its run id and its payload. */
export const RECORD_OVERHEAD_BYTES = 16;

/**
 * How far a record moves the cursor. A record whose cursor isn't the one before plus this many bytes follows a gap: records were lost on
 * the way, and the agent attaches again. Only `bai-dropped` jumps.
 */
export function recordBytes(runId: string, payloadBytes: number): number {
  return RECORD_OVERHEAD_BYTES + Buffer.byteLength(runId, 'utf8') + payloadBytes;
}

export interface Ack {
  /** Everything up to here has arrived: the window moves on. */
  readonly received: number;
  /** Everything up to here was delivered for good: the spool may forget it. */
  readonly released: number;
}

export const encodeAttach = (request: AttachRequest): Uint8Array =>
  encode({ cursor: request.cursor, window: request.windowBytes });

export function decodeAttach(payload: Uint8Array): AttachRequest {
  const map = decodeMap('bai-attach', payload);
  const cursor = map['cursor'] === null ? null : numberField('bai-attach', map, 'cursor');
  return { cursor, windowBytes: numberField('bai-attach', map, 'window') };
}

export const encodeAttached = (reply: AttachedReply): Uint8Array =>
  encode({
    epoch: reply.epoch,
    oldest: reply.oldest,
    end: reply.end,
    active: reply.activeRun,
    queued: [...reply.queuedRuns],
  });

export function decodeAttached(payload: Uint8Array): AttachedReply {
  const map = decodeMap('bai-attached', payload);
  const { epoch, active, queued } = map;
  if (typeof epoch !== 'string' || !Array.isArray(queued))
    throw new ProtocolError("'bai-attached' lacks epoch or queued");
  return {
    epoch,
    oldest: numberField('bai-attached', map, 'oldest'),
    end: numberField('bai-attached', map, 'end'),
    activeRun: typeof active === 'string' ? active : null,
    queuedRuns: queued.map(String),
  };
}

export const encodeDropped = (payload: DroppedPayload): Uint8Array => encode({ bytes: payload.bytes });

export const decodeDropped = (payload: Uint8Array): DroppedPayload => ({
  bytes: numberField('bai-dropped', decodeMap('bai-dropped', payload), 'bytes'),
});

/** 8 bytes big-endian cursor, then the run id as UTF-8. */
export function encodeRecordMeta(meta: RecordMeta): Uint8Array {
  const run = Buffer.from(meta.runId, 'utf8');
  const frame = Buffer.allocUnsafe(8 + run.length);
  frame.writeBigUInt64BE(BigInt(meta.cursor));
  run.copy(frame, 8);
  return frame;
}

export function decodeRecordMeta(frame: Uint8Array): RecordMeta {
  const buffer = asBuffer(frame);
  if (buffer.length < 8) throw new ProtocolError('a log record has a third frame of fewer than 8 bytes');
  return { cursor: Number(buffer.readBigUInt64BE(0)), runId: buffer.toString('utf8', 8) };
}

/** Two big-endian 64-bit cursors. */
export function encodeAck(ack: Ack): Uint8Array {
  const frame = Buffer.allocUnsafe(16);
  frame.writeBigUInt64BE(BigInt(ack.received), 0);
  frame.writeBigUInt64BE(BigInt(ack.released), 8);
  return frame;
}

export function decodeAck(payload: Uint8Array): Ack {
  const buffer = asBuffer(payload);
  if (buffer.length !== 16) throw new ProtocolError("'bai-ack' must be 16 bytes");
  return { received: Number(buffer.readBigUInt64BE(0)), released: Number(buffer.readBigUInt64BE(8)) };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
