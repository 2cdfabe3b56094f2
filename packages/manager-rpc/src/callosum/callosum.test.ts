import { MsgpackDecoder, MsgpackEncoder } from '@bai/dialects';
import { loadVectors, type Vector } from '@bai/dialects/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBody,
  decodeFailure,
  encodeFailureBody,
  encodeRequestBody,
  encodeResultBody,
  NO_PAYLOAD_BODY,
} from './body.js';
import { framesOf, PING_FRAMES, pongFrames, readFrames } from './frames.js';
import { decodeHeader, encodeHeader, MESSAGE_TYPES, type MessageHeader } from './header.js';

const decoder = new MsgpackDecoder();
const encoder = new MsgpackEncoder();
const MAX = 1024 * 1024;

const vectors = ['rpc.json', 'rpc-g3-releases.json']
  .flatMap((file) => loadVectors(new URL(`../../vectors/${file}`, import.meta.url)))
  .filter(({ name, frames }) => /^G[23]/.test(name) && !/zap/.test(name) && frames.length > 1);
const messages = vectors.filter(({ name }) => !name.includes('transport'));
const named = (name: string): Vector | undefined => vectors.find((vector) => vector.name === name);

/** Encodes again what was decoded. */
function again(header: MessageHeader, body: Buffer): Buffer {
  const { meta, payload } = decodeBody(decoder, body, false, MAX);
  switch (header.type) {
    case MESSAGE_TYPES.function:
      return encodeRequestBody(payload ?? new Uint8Array());
    case MESSAGE_TYPES.result:
      return encodeResultBody(payload ?? new Uint8Array());
    case MESSAGE_TYPES.failure:
    case MESSAGE_TYPES.error:
      return encodeFailureBody(encoder, decodeFailure(decoder, meta));
    default:
      return NO_PAYLOAD_BODY;
  }
}

describe('recorded messages', () => {
  it.each(messages)('$name', ({ generation, frames }) => {
    const framed = readFrames(frames, 0);
    if (framed.kind !== 'message') throw new Error(`read as ${framed.kind}`);
    expect(framed.generation).toBe(generation === 'G2' ? 'G2' : 'G3');
    const header = decodeHeader(decoder, framed.header);
    if (header.zip) {
      expect(decodeBody(decoder, framed.body, true, MAX).payload).toBeInstanceOf(Uint8Array);
      return;
    }
    const encoded = framesOf(framed.generation, encodeHeader(encoder, header.type, header), again(header, framed.body));
    expect(encoded.map((frame) => frame.toString('hex'))).toEqual(frames.map((frame) => frame.toString('hex')));
  });

  it('are all there', () => expect(messages.length).toBeGreaterThan(60));

  it('answers PING as recorded', () => {
    const ping = named('G3.transport.ping.request')?.frames ?? [];
    const pong = named('G3.transport.ping.reply')?.frames ?? [];
    expect(PING_FRAMES).toEqual(ping);
    expect(readFrames(ping, 0)).toMatchObject({ kind: 'ping' });
    expect(readFrames(pong, 0)).toMatchObject({ kind: 'pong' });
    expect(pongFrames(ping)).toEqual(pong);
  });

  it('unpacks a compressed body to the same', () => {
    for (const generation of ['G2', 'G3']) {
      const plain = named(`${generation}.upload_file.request`)?.frames.at(-1) ?? Buffer.alloc(0);
      const packed = named(`${generation}.upload_file.snappy.request`)?.frames.at(-1) ?? Buffer.alloc(0);
      const { payload } = decodeBody(decoder, packed, true, MAX);
      if (generation === 'G2') expect(payload).toEqual(decodeBody(decoder, plain, false, MAX).payload);
      else expect(payload).toBeInstanceOf(Uint8Array);
    }
  });
});

describe('readFrames', () => {
  const buffers = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));

  it.each([
    [['h', 'b'], 'message'],
    [['UPPER', 'h', 'b'], 'message'],
    [['x', 'y', 'UPPER', 'h', 'b'], 'message'],
    [['PING', '', ''], 'ping'],
    [['head', 'name', 'args', 'kwargs'], 'g1'],
    [['upper', 'h', 'b'], 'unknown'],
    [['one'], 'unknown'],
    [[], 'unknown'],
    [['a', 'b', 'c', 'd', 'e'], 'unknown'],
  ])('reads %j as %s, with an identity in front or not', (frames, kind) => {
    expect(readFrames(buffers(...frames), 0).kind).toBe(kind);
    expect(readFrames(buffers('id', ...frames), 1).kind).toBe(kind);
  });

  it('keeps what stands before a PING', () => {
    const [extra, ...rest] = pongFrames(buffers('extra', 'PING', 'a', 'b'));
    expect([extra, ...rest].map(String)).toEqual(['extra', 'PONG', 'a', 'b']);
  });
});

describe('headers and bodies', () => {
  const okey = fc.oneof(fc.string({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }));
  const header = fc.record({
    type: fc.constantFrom(...Object.values(MESSAGE_TYPES)),
    method: fc.string({ unit: 'grapheme', maxLength: 60 }),
    okey,
    seq: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    zip: fc.constant(false),
  });

  it('give back what was encoded, the ordering key with its type', () => {
    fc.assert(
      fc.property(header, (sent) => {
        expect(decodeHeader(decoder, encodeHeader(encoder, sent.type, sent))).toEqual(sent);
      }),
    );
  });

  it.each([0, 1, 255, 256, 65535, 65536])('carry a payload of %d bytes', (length) => {
    const payload = new Uint8Array(length).fill(3);
    for (const body of [encodeRequestBody(payload), encodeResultBody(payload)]) {
      expect(encoder.encode(decodeBody(decoder, body, false, MAX).payload).equals(encoder.encode(payload))).toBe(true);
    }
  });

  it.each([
    ['is no map', []],
    ['has an unknown type', { type: 9, meth: 'a', okey: '', seq: 0, zip: false }],
    ['has no meth', { type: 1, okey: '', seq: 0, zip: false }],
    ['has a null okey', { type: 1, meth: 'a', okey: null, seq: 0, zip: false }],
    ['has a text seq', { type: 1, meth: 'a', okey: '', seq: '0', zip: false }],
    ['has no zip', { type: 1, meth: 'a', okey: '', seq: 0 }],
  ])('are refused when the header %s', (_what, map) => {
    expect(() => decodeHeader(decoder, encoder.encode(map))).toThrow(
      expect.objectContaining({ code: 'RPC_MALFORMED' }),
    );
  });

  it.each([
    ['is no map', 1],
    ['has no meta', { body: null }],
    ['has text for meta', { meta: '', body: null }],
    ['has no body', { meta: new Uint8Array() }],
    ['has text for body', { meta: new Uint8Array(), body: 'x' }],
  ])('are refused when the body %s', (_what, map) => {
    expect(() => decodeBody(decoder, encoder.encode(map), false, MAX)).toThrow(
      expect.objectContaining({ code: 'RPC_MALFORMED' }),
    );
  });

  it.each([
    ['claims 4 GiB', 'ffffffff0f00'],
    ['claims 2 MiB', '80808001fe0000'],
    ['is no snappy block', 'ffffffffffffffff'],
    ['is empty', ''],
    ['copies from before its begin', '0501ff'],
  ])('are refused when a compressed body %s', (_what, hex) => {
    expect(() => decodeBody(decoder, Buffer.from(hex, 'hex'), true, MAX)).toThrow(
      expect.objectContaining({ code: 'RPC_MALFORMED' }),
    );
  });
});
