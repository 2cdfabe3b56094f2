import { Buffer } from 'node:buffer';
import { isWireMap, type MsgpackDecoder, type MsgpackEncoder, malformed, type WireFailure } from '@bai/dialects';
import { uncompress } from 'snappyjs';

export interface MessageBody {
  /** Encoded metadata: empty, or an array. */
  readonly meta: Uint8Array;
  /** Encoded payload, in the value encoding of the generation; null where the kind has none. */
  readonly payload: Uint8Array | null;
}

/**
 * Reads the body frame. A compressed one is refused before it is unpacked when it would become longer than `maxBytes`.
 * @throws {DialectError} `RPC_MALFORMED`
 * @see spec/01 §3.3, §3.6
 */
export function decodeBody(decoder: MsgpackDecoder, frame: Uint8Array, zip: boolean, maxBytes: number): MessageBody {
  const map = decoder.decode(zip ? decompress(frame, maxBytes) : frame);
  if (!isWireMap(map)) throw malformed('a message body must be a map');
  const { meta, body } = map;
  if (!(meta instanceof Uint8Array)) throw malformed('the body has no meta');
  if (body !== null && !(body instanceof Uint8Array)) throw malformed('the body has no body');
  return { meta, payload: body };
}

function decompress(frame: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return uncompress(frame, maxBytes);
  } catch (error) {
    throw malformed('a compressed body that is no snappy block, or too long', { cause: error });
  }
}

const META = Buffer.from('82a46d657461', 'hex');
const BODY = Buffer.from('a4626f6479', 'hex');
const NIL = Buffer.from('c0', 'hex');
const EMPTY_META = Buffer.from('c400', 'hex');
const EMPTY_ARRAY_META = Buffer.from('c40190', 'hex');
const REQUEST_HEAD = Buffer.concat([META, EMPTY_META, BODY]);
const RESULT_HEAD = Buffer.concat([META, EMPTY_ARRAY_META, BODY]);
/** Body of CANCEL and CANCELLED. */
export const NO_PAYLOAD_BODY = Buffer.concat([RESULT_HEAD, NIL]);

export const encodeRequestBody = (payload: Uint8Array): Buffer => withBinary(REQUEST_HEAD, payload);

export const encodeResultBody = (payload: Uint8Array): Buffer => withBinary(RESULT_HEAD, payload);

/** Body of FAILURE and ERROR: exactly three texts, or upstream's clients stop to read. @see spec/01 §3.5 */
export function encodeFailureBody(encoder: MsgpackEncoder, failure: WireFailure): Buffer {
  const meta = encoder.encode([failure.name, failure.repr, failure.traceback]);
  return Buffer.concat([withBinary(META, meta), BODY, NIL]);
}

/** @throws {DialectError} `RPC_MALFORMED` */
export function decodeFailure(decoder: MsgpackDecoder, meta: Uint8Array): WireFailure {
  const triple = decoder.decode(meta);
  const [name, repr, traceback] = Array.isArray(triple) ? triple : [];
  if (typeof name !== 'string' || typeof repr !== 'string') throw malformed('a failure without name and repr');
  return { name, repr, traceback: typeof traceback === 'string' ? traceback : '' };
}

function withBinary(head: Buffer, data: Uint8Array): Buffer {
  const length = data.length;
  const sizeBytes = length < 0x100 ? 1 : length < 0x10000 ? 2 : 4;
  const frame = Buffer.allocUnsafe(head.length + 1 + sizeBytes + length);
  frame.set(head);
  frame[head.length] = 0xc3 + (sizeBytes === 4 ? 3 : sizeBytes);
  const at = frame.writeUIntBE(length, head.length + 1, sizeBytes);
  frame.set(data, at);
  return frame;
}
