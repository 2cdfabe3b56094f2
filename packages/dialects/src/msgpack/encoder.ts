import { Buffer } from 'node:buffer';
import { BugError } from '@bai/core';

const MAX_DEPTH = 100;
const INITIAL_BYTES = 4096;
/** A buffer that grew beyond this is let go after use, so that one big reply doesn't hold its memory for ever. */
const KEPT_BYTES = 1024 * 1024;

/**
 * Encodes plain data as Backend.AI's Python peers do: smallest integer form, float64 for all other numbers, `str` for text, `bin`
 * for bytes, keys in insertion order. Properties that are undefined are left out, as in JSON.
 *
 * @see spec/01 §4.1
 */
export class MsgpackEncoder {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #at = 0;

  /** @returns bytes of their own. @throws {BugError} for values that have no encoding, such as functions. */
  encode(value: unknown): Buffer {
    this.#at = 0;
    this.#value(value, 0);
    const encoded = Buffer.from(this.#bytes.subarray(0, this.#at));
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    return encoded;
  }

  #value(value: unknown, depth: number): void {
    if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'number') this.#number(value);
    else if (value === null) this.#byte(0xc0);
    else if (typeof value === 'boolean') this.#byte(value ? 0xc3 : 0xc2);
    else if (typeof value === 'bigint') this.#bigint(value);
    else if (typeof value === 'object') this.#object(value, depth);
    else throw new BugError(`a ${typeof value} can't be sent`);
  }

  #object(value: object, depth: number): void {
    if (depth >= MAX_DEPTH) throw new BugError('a value to be sent is nested too deep');
    if (value instanceof Uint8Array) this.#binary(value);
    else if (Array.isArray(value)) this.#array(value, depth);
    else this.#map(value, depth);
  }

  #array(value: readonly unknown[], depth: number): void {
    this.#sized(value.length, 0x90, 0xdc);
    for (const item of value) this.#value(item, depth + 1);
  }

  #map(value: object, depth: number): void {
    const entries = Object.entries(value);
    let size = 0;
    for (const [, item] of entries) if (item !== undefined) size += 1;
    this.#sized(size, 0x80, 0xde);
    for (const [key, item] of entries) {
      if (item === undefined) continue;
      this.#text(key);
      this.#value(item, depth + 1);
    }
  }

  /** Head of an array or map. */
  #sized(size: number, fixed: number, long: number): void {
    if (size < 16) this.#byte(fixed + size);
    else if (size < 0x10000) this.#at = this.#room(3).writeUInt16BE(size, this.#head(long));
    else this.#at = this.#room(5).writeUInt32BE(size, this.#head(long + 1));
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value)) this.#at = this.#room(9).writeDoubleBE(value, this.#head(0xcb));
    else if (value >= 0) {
      if (value < 0x80) this.#byte(value);
      else if (value < 0x100) this.#at = this.#room(2).writeUInt8(value, this.#head(0xcc));
      else if (value < 0x10000) this.#at = this.#room(3).writeUInt16BE(value, this.#head(0xcd));
      else if (value < 0x100000000) this.#at = this.#room(5).writeUInt32BE(value, this.#head(0xce));
      else this.#at = this.#room(9).writeBigUInt64BE(BigInt(value), this.#head(0xcf));
    } else if (value >= -0x20) this.#byte(value & 0xff);
    else if (value >= -0x80) this.#at = this.#room(2).writeInt8(value, this.#head(0xd0));
    else if (value >= -0x8000) this.#at = this.#room(3).writeInt16BE(value, this.#head(0xd1));
    else if (value >= -0x80000000) this.#at = this.#room(5).writeInt32BE(value, this.#head(0xd2));
    else this.#at = this.#room(9).writeBigInt64BE(BigInt(value), this.#head(0xd3));
  }

  #bigint(value: bigint): void {
    if (value > 2n ** 64n - 1n || value < -(2n ** 63n)) throw new BugError('an integer beyond 64 bits');
    const number = Number(value);
    if (Number.isSafeInteger(number)) this.#number(number);
    else if (value >= 0n) this.#at = this.#room(9).writeBigUInt64BE(value, this.#head(0xcf));
    else this.#at = this.#room(9).writeBigInt64BE(value, this.#head(0xd3));
  }

  #text(value: string): void {
    if (value.length < 24 && this.#shortAscii(value)) return;
    const length = Buffer.byteLength(value);
    const bytes = this.#room(5 + length);
    if (length < 32) this.#byte(0xa0 + length);
    else if (length < 0x100) this.#at = bytes.writeUInt8(length, this.#head(0xd9));
    else if (length < 0x10000) this.#at = bytes.writeUInt16BE(length, this.#head(0xda));
    else this.#at = bytes.writeUInt32BE(length, this.#head(0xdb));
    this.#at += bytes.write(value, this.#at, length, 'utf8');
  }

  /** Most text is short and ASCII, where this is several times faster than calls into native code. */
  #shortAscii(value: string): boolean {
    const bytes = this.#room(1 + value.length);
    const start = this.#at + 1;
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) return false;
      bytes[start + index] = code;
    }
    bytes[this.#at] = 0xa0 + value.length;
    this.#at = start + value.length;
    return true;
  }

  #binary(value: Uint8Array): void {
    const length = value.length;
    const bytes = this.#room(5 + length);
    if (length < 0x100) this.#at = bytes.writeUInt8(length, this.#head(0xc4));
    else if (length < 0x10000) this.#at = bytes.writeUInt16BE(length, this.#head(0xc5));
    else this.#at = bytes.writeUInt32BE(length, this.#head(0xc6));
    bytes.set(value, this.#at);
    this.#at += length;
  }

  #byte(value: number): void {
    this.#room(1)[this.#at] = value;
    this.#at += 1;
  }

  /** Writes the first byte of a value, for which room was made, and returns where the rest goes. */
  #head(value: number): number {
    this.#bytes[this.#at] = value;
    return this.#at + 1;
  }

  /** The buffer, with place for `count` more bytes. */
  #room(count: number): Buffer {
    const needed = this.#at + count;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#at);
      this.#bytes = grown;
    }
    return this.#bytes;
  }
}
