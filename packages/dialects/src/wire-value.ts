/** What a message may hold after decoding, and what may be encoded: plain data only. `Uint8Array` is msgpack `bin`. */
export type WireValue =
  | null
  | boolean
  | number
  /** An integer beyond ±(2⁵³ − 1). Smaller ones are always a `number`. */
  | bigint
  | string
  | Uint8Array
  | readonly WireValue[]
  | WireMap;

export interface WireMap {
  readonly [key: string]: WireValue;
}

export function isWireMap(value: unknown): value is WireMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
