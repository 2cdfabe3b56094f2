import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeCompletion,
  decodeFinished,
  decodeMedia,
  decodeStatus,
  decodeWaitingInput,
  encodeCompletion,
  encodeFinished,
  encodeJson,
  encodeMedia,
  encodeStatus,
  encodeWaitingInput,
  isLogOpcode,
  jsonObject,
  ProtocolError,
} from './index.js';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

test('status is the MessagePack that was recorded from upstream', () => {
  const recorded = '81aa737461727465645f6174cb40c81cd6c8b43958';
  const plain = encodeStatus({ startedAt: 12345.678, extension: 0 });
  expect(Buffer.from(plain).toString('hex')).toBe(recorded);
  expect(decodeStatus(Buffer.from(recorded, 'hex'))).toEqual({ startedAt: 12345.678, extension: 0 });
  const whole = { startedAt: 7, extension: 1 };
  expect(decodeStatus(encodeStatus(whole))).toEqual(whole);
  // A float64 also where the number is whole.
  expect(Buffer.from(encodeStatus(whole)).toString('hex')).toContain('cb401c000000000000');
});

test('JSON is written as Python writes it, and every JSON is read', () => {
  expect(text(encodeFinished({ exitCode: -15 }))).toBe('{"exitCode": -15}');
  expect(text(encodeWaitingInput({ isPassword: false }))).toBe('{"is_password": false}');
  expect(text(encodeCompletion(['ä', 'b']))).toBe('{"suggestions": ["\\u00e4", "b"]}');
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const bytes = encodeJson(value);
      expect(JSON.parse(text(bytes))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(Buffer.from(bytes).every((byte) => byte < 0x80)).toBe(true);
    }),
  );
});

test("upstream's odd forms are understood", () => {
  expect(decodeFinished(Buffer.from('{}'))).toEqual({ exitCode: null });
  expect(decodeFinished(Buffer.from('{"upload_output_files": false}'))).toEqual({ exitCode: null });
  expect(decodeWaitingInput(Buffer.alloc(0))).toEqual({});
  expect(decodeMedia(Buffer.from('<b>x</b>'))).toEqual({ kind: 'html', html: '<b>x</b>' });
  expect(decodeMedia(encodeMedia('image/svg+xml', '<svg/>'))).toEqual({
    kind: 'media',
    mime: 'image/svg+xml',
    data: '<svg/>',
  });
  expect(decodeMedia(Buffer.from('{"type": "x", "data": [1]}'))).toMatchObject({ data: '[1]' });
  expect(decodeCompletion(Buffer.from('["a", 1]'))).toEqual(['a']);
  expect(decodeCompletion(Buffer.alloc(0))).toEqual([]);
});

test('what is no payload is a ProtocolError', () => {
  for (const bytes of ['', '[', '[1]', '"x"', 'null']) {
    expect(() => jsonObject('finished', Buffer.from(bytes))).toThrow(ProtocolError);
  }
  expect(() => decodeStatus(Buffer.from('c1', 'hex'))).toThrow(ProtocolError);
  expect(() => decodeStatus(Buffer.from('80', 'hex'))).toThrow(/started_at/);
});

test('knows which opcodes are of the log', () => {
  expect(['stdout', 'finished', 'waiting-input'].every(isLogOpcode)).toBe(true);
  expect(['status', 'bai-dropped', 'toString', ''].some(isLogOpcode)).toBe(false);
});
