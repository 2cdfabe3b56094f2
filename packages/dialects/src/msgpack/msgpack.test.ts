import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireValue } from '../wire-value.js';
import { MsgpackDecoder } from './decoder.js';
import { MsgpackEncoder } from './encoder.js';

const decoder = new MsgpackDecoder();
const encoder = new MsgpackEncoder();
const fromHex = (hex: string): WireValue => decoder.decode(Buffer.from(hex, 'hex'));

const key = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((name) => name !== '__proto__');
const { value } = fc.letrec<{ value: WireValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(key, tie('value'), { maxKeys: 20, noNullPrototype: true }),
  ),
}));

describe('msgpack', () => {
  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(value, (sample) => {
        expect(decoder.decode(encoder.encode(sample))).toEqual(sample);
      }),
    );
  });

  it('writes and reads the same bytes as another implementation', () => {
    const plain = fc.jsonValue({ maxDepth: 4 }).filter((sample) => !JSON.stringify(sample).includes('__proto__'));
    fc.assert(
      fc.property(plain, (sample) => {
        const normal = JSON.parse(JSON.stringify(sample));
        expect(decode(encoder.encode(normal))).toEqual(normal);
        expect(encoder.encode(normal).equals(encode(normal))).toBe(true);
      }),
    );
  });

  it.each([
    ['cf0020000000000000', 2n ** 53n],
    ['cf001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['cfffffffffffffffff', 2n ** 64n - 1n],
    ['d38000000000000000', -(2n ** 63n)],
    ['d3ffffffffffffffff', -1],
    ['ca3fc00000', 1.5],
    ['81d20001000001', { 65536: 1 }],
  ])('reads %s', (hex, expected) => expect(fromHex(hex)).toEqual(expected));

  it('keeps text and bytes apart', () => {
    expect(fromHex('92a161c40161')).toEqual(['a', Uint8Array.of(0x61)]);
  });

  it('leaves undefined properties out', () => {
    expect(decoder.decode(encoder.encode({ a: undefined, b: null }))).toEqual({ b: null });
  });

  it.each([
    ['nothing', ''],
    ['a reserved byte', 'c1'],
    ['bytes after the value', 'c0c0'],
    ['text that is cut', 'a5616263'],
    ['an array that claims 2^32 - 1 elements', 'ddffffffff'],
    ['a map that claims 2^32 - 1 entries', 'dfffffffff'],
    ['bytes that claim 4 GiB', 'c6ffffffff00'],
    ['text that is not UTF-8', 'a2c328'],
    ['long text that is not UTF-8', `d928${'61'.repeat(39)}ff`],
    ['a surrogate in UTF-8', 'a3eda080'],
    ['a key that would change the prototype', '81a95f5f70726f746f5f5fc0'],
    ['a key of bytes', '81c40161c0'],
    ['a key that is a map', '8180c0'],
    ['an extension value', 'd40100'],
  ])('refuses %s', (_name, hex) => {
    expect(() => fromHex(hex)).toThrow(expect.objectContaining({ code: 'RPC_MALFORMED' }));
  });

  it('bounds nesting and the number of elements', () => {
    const nested = (depth: number): Buffer => Buffer.from([...new Array<number>(depth).fill(0x91), 0xc0]);
    expect(() => decoder.decode(nested(64))).not.toThrow();
    expect(() => decoder.decode(nested(65))).toThrow('nested deeper than 64');
    const small = new MsgpackDecoder({ maxItems: 10 });
    expect(() => small.decode(encoder.encode(new Array(11).fill(0)))).toThrow('more than 10 elements');
    expect(() =>
      small.decode(
        encoder.encode([
          [1, 2, 3],
          [1, 2, 3],
          [1, 2, 3],
        ]),
      ),
    ).toThrow('more than 10 elements');
  });

  it('answers any bytes with a value or RPC_MALFORMED', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decoder.decode(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'RPC_MALFORMED' });
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('can be used again after an error, and after a big value', () => {
    expect(() => fromHex('93')).toThrow();
    expect(fromHex('93010203')).toEqual([1, 2, 3]);
    const big = new Uint8Array(3 * 1024 * 1024).fill(7);
    expect(encoder.encode(decoder.decode(encoder.encode(big))).equals(encoder.encode(big))).toBe(true);
    expect(encoder.encode([1]).toString('hex')).toBe('9101');
  });

  it.each([[() => 1], [Symbol('x')], [2n ** 64n]])('does not send what has no encoding', (sample) => {
    expect(() => encoder.encode([sample])).toThrow(expect.objectContaining({ code: 'BUG' }));
  });
});
