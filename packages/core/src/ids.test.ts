import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidIdError, newKernelId, newSessionId, parseAgentId, parseKernelId, parseSessionId } from './ids.js';

test('kernel and session ids are made and read in the canonical form, whatever the form given', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.constantFrom(parseKernelId, parseSessionId), (uuid, parse) => {
      for (const form of [uuid, uuid.toUpperCase(), uuid.replaceAll('-', ''), uuid.replace('-', '')]) {
        expect(parse(form)).toBe(uuid);
      }
    }),
  );
  expect(parseKernelId(newKernelId())).toHaveLength(36);
  expect(newSessionId()).not.toBe(newSessionId());
});

test.each([
  '',
  'kernel-1',
  '6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e2',
  '6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e211',
  '6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e2g',
  ' 6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e21',
  '6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e21\n',
  '../../../etc/passwd',
  undefined,
  null,
  17,
  {},
])('%j is no kernel id', (value) => {
  expect(() => parseKernelId(value)).toThrow(InvalidIdError);
  expect(() => parseSessionId(value)).toThrow(/^session id must be a UUID/);
});

test('an error shows no more than the beginning of a bad id', () => {
  expect(() => parseKernelId('x'.repeat(10_000))).toThrow(/^.{0,250}$/);
  expect(() => parseAgentId('x'.repeat(10_000))).toThrow(/^.{0,250}$/);
});

test('agent ids are short and safe in file names and keys', () => {
  for (const id of ['i-node01', 'a', 'A.b_c-9', 'x'.repeat(64)]) expect(parseAgentId(id)).toBe(id);
  const bad = ['', '.', '..', '-x', '_x', 'a/b', 'a b', 'x'.repeat(65), 'n\u00f6de', 'a\n', undefined, 1, 10n];
  for (const id of bad) expect(() => parseAgentId(id)).toThrow(expect.objectContaining({ code: 'INVALID_ID' }));
});
