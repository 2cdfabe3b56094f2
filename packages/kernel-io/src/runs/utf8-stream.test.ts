import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Utf8Stream } from './utf8-stream.js';

/** Bytes that are mostly text, cut anywhere and damaged now and then. */
const bytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array)),
  fc
    .array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f, 0xff), {
      maxLength: 20,
    })
    .map((array) => Buffer.from(array)),
);

function cut(whole: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...places.map((place) => place % (whole.length + 1)), whole.length].sort((a, b) => a - b);
  return sorted.map((place, index) => whole.subarray(sorted[index - 1] ?? 0, place));
}

describe('Utf8Stream', () => {
  it('gives the text of the whole, however the bytes are cut', () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 8 }), (whole, places) => {
        const stream = new Utf8Stream();
        const text = cut(whole, places)
          .map((chunk) => stream.write(chunk, 0))
          .join('');
        expect(text + stream.end()).toBe(decoder.decode(whole));
      }),
      { numRuns: 1000 },
    );
  });

  it('says from where an unfinished character is needed, so that decoding can begin again there', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 8 }), (whole, places) => {
        const stream = new Utf8Stream();
        let place = 0;
        for (const chunk of cut(whole, places)) {
          stream.write(chunk, place);
          place += chunk.length;
        }
        const again = new Utf8Stream();
        if (stream.since <= place) again.write(whole.subarray(stream.since), stream.since);
        expect(again.end()).toBe(stream.copy().end());
      }),
      { numRuns: 1000 },
    );
  });

  it('needs nothing from before after a complete character', () => {
    const stream = new Utf8Stream();
    const [first, second] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)];
    expect(stream.write(first, 10)).toBe('');
    expect(stream.since).toBe(10);
    expect(stream.write(second, 20)).toBe('é');
    expect(stream.since).toBe(Number.POSITIVE_INFINITY);
  });
});
