import { Buffer, isUtf8 } from 'node:buffer';
import { malformed } from '../errors.js';
import type { WireValue } from '../wire-value.js';

/** Turns an extension value into plain data, or throws a {@link DialectError} `RPC_MALFORMED`. */
export type ExtensionReader = (type: number, data: Uint8Array) => WireValue;

export interface DecoderOptions {
  /** Deepest nesting of arrays and maps. Default 64. */
  readonly maxDepth?: number;
  /** Most array elements and map entries of one message together. Default 500 000. */
  readonly maxItems?: number;
  /** Without one, any extension value is an error. */
  readonly readExtension?: ExtensionReader;
}

/**
 * Decodes msgpack from peers that can't be trusted: lengths are checked against the bytes that are really there before anything
 * is allocated, nesting and counts are bounded, and text must be valid UTF-8. Map keys must be text, integers or extension
 * values that mean text; `bin` keys are refused, since they could collide with text.
 *
 * An instance may be used again and again, but not from within its own {@link ExtensionReader}.
 *
 * @see spec/01 §4.1
 */
export class MsgpackDecoder {
  readonly #maxDepth: number;
  readonly #maxItems: number;
  readonly #readExtension: ExtensionReader | undefined;
  #bytes: Buffer = EMPTY;
  #at = 0;
  #items = 0;

  constructor(options: DecoderOptions = {}) {
    this.#maxDepth = options.maxDepth ?? 64;
    this.#maxItems = options.maxItems ?? 500_000;
    this.#readExtension = options.readExtension;
  }

  /** The one value that `bytes` holds. `bin` values are views of `bytes`. @throws {DialectError} `RPC_MALFORMED` */
  decode(bytes: Uint8Array): WireValue {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#items = 0;
    try {
      const value = this.#value(0);
      if (this.#at !== this.#bytes.length) throw malformed(`${this.#bytes.length - this.#at} bytes after the value`);
      return value;
    } finally {
      this.#bytes = EMPTY;
    }
  }

  #value(depth: number): WireValue {
    const head = this.#bytes[this.#take(1)] ?? 0;
    if (head < 0x80) return head;
    if (head < 0x90) return this.#map(head & 0x0f, depth);
    if (head < 0xa0) return this.#array(head & 0x0f, depth);
    if (head < 0xc0) return this.#text(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    return this.#marked(head, depth);
  }

  #marked(head: number, depth: number): WireValue {
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#length(head - 0xc4));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#length(head - 0xc7));
      case 0xca:
        return this.#bytes.readFloatBE(this.#take(4));
      case 0xcb:
        return this.#bytes.readDoubleBE(this.#take(8));
      case 0xcc:
        return this.#bytes.readUInt8(this.#take(1));
      case 0xcd:
        return this.#bytes.readUInt16BE(this.#take(2));
      case 0xce:
        return this.#bytes.readUInt32BE(this.#take(4));
      case 0xcf:
        return narrow(this.#bytes.readBigUInt64BE(this.#take(8)));
      case 0xd0:
        return this.#bytes.readInt8(this.#take(1));
      case 0xd1:
        return this.#bytes.readInt16BE(this.#take(2));
      case 0xd2:
        return this.#bytes.readInt32BE(this.#take(4));
      case 0xd3:
        return narrow(this.#bytes.readBigInt64BE(this.#take(8)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (head - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#length(head - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#length(head - 0xdb), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#length(head - 0xdd), depth);
      default:
        throw malformed(`byte 0x${head.toString(16)} is not msgpack`);
    }
  }

  /** A length of 1, 2 or 4 bytes (`size` 0, 1, 2). */
  #length(size: number): number {
    if (size === 0) return this.#bytes.readUInt8(this.#take(1));
    if (size === 1) return this.#bytes.readUInt16BE(this.#take(2));
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  /** Steps over `count` bytes and returns where they begin. */
  #take(count: number): number {
    const start = this.#at;
    if (start + count > this.#bytes.length) throw malformed('the message ends in the middle of a value');
    this.#at = start + count;
    return start;
  }

  #text(length: number): string {
    const start = this.#take(length);
    const bytes = this.#bytes;
    if (length < 24) {
      // Most text is short and ASCII, where this is several times faster than a call into native code.
      let text = '';
      let index = start;
      for (; index < this.#at; index += 1) {
        const byte = bytes[index] ?? 0;
        if (byte >= 0x80) break;
        text += String.fromCharCode(byte);
      }
      if (index === this.#at) return text;
    }
    if (!isUtf8(bytes.subarray(start, this.#at))) throw malformed('text that is not valid UTF-8');
    return bytes.toString('utf8', start, this.#at);
  }

  #binary(length: number): Uint8Array {
    const start = this.#take(length);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length);
  }

  #extension(length: number): WireValue {
    const type = this.#bytes.readInt8(this.#take(1));
    const data = this.#binary(length);
    if (this.#readExtension === undefined) throw malformed(`extension type ${type} is not used by this generation`);
    return this.#readExtension(type, data);
  }

  #array(size: number, depth: number): WireValue {
    this.#open(size, size, depth);
    const array: WireValue[] = [];
    for (let index = 0; index < size; index += 1) array.push(this.#value(depth + 1));
    return array;
  }

  #map(size: number, depth: number): WireValue {
    this.#open(size, size * 2, depth);
    const map: Record<string, WireValue> = {};
    for (let index = 0; index < size; index += 1) {
      const key = this.#value(depth + 1);
      if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'bigint')
        throw malformed('a map key must be text');
      if (key === '__proto__') throw malformed("the map key '__proto__' is refused");
      map[key.toString()] = this.#value(depth + 1);
    }
    return map;
  }

  #open(items: number, leastBytes: number, depth: number): void {
    if (depth >= this.#maxDepth) throw malformed(`nested deeper than ${this.#maxDepth} levels`);
    this.#items += items;
    if (this.#items > this.#maxItems) throw malformed(`more than ${this.#maxItems} elements`);
    if (leastBytes > this.#bytes.length - this.#at) throw malformed('the message ends in the middle of a value');
  }
}

const EMPTY = Buffer.alloc(0);

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
