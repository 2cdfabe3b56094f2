import { isWireMap, type MsgpackDecoder, type MsgpackEncoder, malformed } from '@bai/dialects';

/** Kinds of Callosum messages. @see spec/01 §3.4 */
export const MESSAGE_TYPES = { function: 1, result: 2, failure: 3, error: 4, cancel: 5, cancelled: 6 } as const;
export type MessageType = (typeof MESSAGE_TYPES)[keyof typeof MESSAGE_TYPES];

/** Text or bytes: a reply must carry it with the same type, or the client drops it. @see spec/01 §3.2 */
export type OrderingKey = string | Uint8Array;

export interface MessageHeader {
  readonly type: MessageType;
  readonly method: string;
  readonly okey: OrderingKey;
  readonly seq: number;
  /** True when the body is one snappy block. */
  readonly zip: boolean;
}

const TYPES: ReadonlySet<unknown> = new Set(Object.values(MESSAGE_TYPES));
const isMessageType = (value: unknown): value is MessageType => TYPES.has(value);

/** @throws {DialectError} `RPC_MALFORMED` */
export function decodeHeader(decoder: MsgpackDecoder, frame: Uint8Array): MessageHeader {
  const map = decoder.decode(frame);
  if (!isWireMap(map)) throw malformed('a message header must be a map');
  const { type, meth: method, okey, seq, zip } = map;
  if (!isMessageType(type)) throw malformed('the header has no known type');
  if (typeof method !== 'string') throw malformed('the header has no meth');
  if (typeof okey !== 'string' && !(okey instanceof Uint8Array)) throw malformed('the header has no okey');
  if (typeof seq !== 'number' || !Number.isInteger(seq)) throw malformed('the header has no seq');
  if (typeof zip !== 'boolean') throw malformed('the header has no zip');
  return { type, method, okey, seq, zip };
}

/** The same bytes as upstream's encoder: its order of keys, and never compressed. */
export function encodeHeader(
  encoder: MsgpackEncoder,
  type: MessageType,
  request: Omit<MessageHeader, 'type' | 'zip'>,
): Buffer {
  return encoder.encode({ type, meth: request.method, okey: request.okey, seq: request.seq, zip: false });
}
