import { ProtocolError } from '@bai/kernel-protocol';
import { expect, test } from 'vitest';
import { parseRequest } from './requests.js';

const frames = (...texts: string[]) => texts.map((text) => Buffer.from(text));

test('reads both forms', () => {
  expect(parseRequest(frames('code', '1'))).toEqual({ opcode: 'code', payload: Buffer.from('1'), tag: undefined });
  expect(parseRequest(frames('bai-ack', 'x', 't'))?.tag).toEqual(Buffer.from('t'));
});

test('ignores opcodes that it does not know, also those of Object.prototype', () => {
  expect(parseRequest(frames('nosuchop', ''))).toBeUndefined();
  expect(parseRequest(frames('constructor', ''))).toBeUndefined();
  expect(parseRequest(frames('finished', '{}'))).toBeUndefined();
});

test.each([[[]], [['code']], [['code', '1', 'r', 'x']], [['code', '1', 'r'.repeat(256)]]])('refuses %j', (texts) => {
  expect(() => parseRequest(frames(...texts))).toThrow(ProtocolError);
});
