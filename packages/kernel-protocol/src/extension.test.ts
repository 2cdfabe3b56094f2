import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeAck,
  decodeAttach,
  decodeAttached,
  decodeDropped,
  decodeRecordMeta,
  encodeAck,
  encodeAttach,
  encodeAttached,
  encodeDropped,
  encodeRecordMeta,
  ProtocolError,
  recordBytes,
} from './index.js';

const cursor = fc.maxSafeNat();
const runId = fc.string({ unit: 'grapheme', maxLength: 40 });

describe('what is encoded comes back', () => {
  test('bai-attach', () => {
    fc.assert(
      fc.property(fc.option(cursor), fc.nat(), (at, windowBytes) => {
        const request = { cursor: at, windowBytes };
        expect(decodeAttach(encodeAttach(request))).toEqual(request);
      }),
    );
  });

  test('bai-attached', () => {
    const reply = fc.record({
      epoch: runId,
      oldest: cursor,
      end: cursor,
      activeRun: fc.option(runId),
      queuedRuns: fc.array(runId, { maxLength: 5 }),
    });
    fc.assert(
      fc.property(reply, (it) => {
        expect(decodeAttached(encodeAttached(it))).toEqual(it);
      }),
    );
  });

  test('bai-ack, bai-dropped and the place of a record', () => {
    fc.assert(
      fc.property(cursor, cursor, runId, (a, b, run) => {
        expect(decodeAck(encodeAck({ received: a, released: b }))).toEqual({ received: a, released: b });
        expect(decodeDropped(encodeDropped({ bytes: a }))).toEqual({ bytes: a });
        const meta = { cursor: a, runId: run };
        expect(decodeRecordMeta(encodeRecordMeta(meta))).toEqual(meta);
        expect(recordBytes(run, 7)).toBe(16 + encodeRecordMeta(meta).length - 8 + 7);
      }),
    );
  });
});

test('the bytes are those of docs/kernel-protocol.md', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  expect(hex(encodeRecordMeta({ cursor: 258, runId: 'ab' }))).toBe('00000000000001026162');
  expect(hex(encodeAck({ received: 2, released: 1 }))).toBe('00000000000000020000000000000001');
  expect(hex(encodeAttach({ cursor: null, windowBytes: 5 }))).toBe('82a6637572736f72c0a677696e646f7705');
  expect(hex(encodeDropped({ bytes: 9 }))).toBe('81a5627974657309');
});

test('decoders of a hostile peer throw nothing but a ProtocolError', () => {
  const decoders = [decodeAck, decodeAttach, decodeAttached, decodeDropped, decodeRecordMeta];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      for (const decode of decoders) {
        try {
          decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['bai-ack', () => decodeAck(Buffer.alloc(15))],
  ['bai-attach', () => decodeAttach(Buffer.from([0x80]))],
  ['bai-attached', () => decodeAttached(Buffer.from([0x80]))],
  ['third frame', () => decodeRecordMeta(Buffer.alloc(7))],
])('an incomplete %s is refused by name', (name, decode) => {
  expect(decode).toThrow(ProtocolError);
  expect(decode).toThrow(name);
});
