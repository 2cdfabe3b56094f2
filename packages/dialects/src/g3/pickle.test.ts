import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadVectors } from '../testing/vectors.js';
import { readG3Extension } from './ext-values.js';
import { PickleCall, readPickle } from './pickle.js';

const text = (value: string): string =>
  `8c${value.length.toString(16).padStart(2, '0')}${Buffer.from(value).toString('hex')}`;
const global = (module: string, name: string): string => `${text(module)}${text(name)}93`;
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

describe('readPickle', () => {
  it('notes a call without making it', () => {
    const value = readPickle(bytes(`8004${global('os', 'system')}${text('touch /tmp/x')}85522e`));
    expect(value).toBeInstanceOf(PickleCall);
    expect(value).toMatchObject({ callee: { module: 'os', name: 'system' }, isObject: false });
  });

  it.each([
    ['4a00000080', -(2 ** 31)],
    ['4dffff', 65535],
    ['8a00', 0],
    ['8a01ff', -1],
    ['8a080000000000000080', -(2n ** 63n)],
    [`58${'03000000'}616263`, 'abc'],
  ])('reads %s', (hex, expected) => expect(readPickle(bytes(`${hex}2e`))).toBe(expected));

  it('reads lists and dicts', () => {
    expect(readPickle(bytes('5d28' + '4b014b02' + '652e'))).toEqual([1, 2]);
    expect(readPickle(bytes(`7d28${text('a')}4e${text('b')}88752e`))).toEqual(
      new Map<string, unknown>([
        ['a', null],
        ['b', true],
      ]),
    );
  });

  it.each([
    ['GLOBAL, which old pickles use', '636f730a73797374656d0a2e'],
    ['INST', '286c6f730a73797374656d0a2e'],
    ['a persistent id', '5071000a2e'],
    ['an extension registry code', '82012e'],
    ['NEWOBJ_EX', '922e'],
    ['a buffer of protocol 5', '972e'],
    ['a protocol to come', '80062e'],
    ['a call of what is no name', '4b01292e52'],
    ['state on what is no object', '7d4e622e'],
    ['something left over', '4e4e2e'],
    ['bytes after the end', '4e2e4e'],
    ['a memo that is not there', '68002e'],
    ['an empty stack', '2e'],
    ['a mark as a value', '282e'],
    ['text that is not UTF-8', '8c01ff2e'],
    ['state set twice', `${'8c0161'}${'8c0162'}9329814e624e622e`],
  ])('refuses %s', (_name, hex) => {
    expect(() => readPickle(bytes(hex))).toThrow(expect.objectContaining({ code: 'RPC_MALFORMED' }));
  });

  it('bounds size and number of operations', () => {
    expect(() => readPickle(new Uint8Array(70_000))).toThrow('more than 65536');
    expect(() => readPickle(bytes(`${'4e'.repeat(5000)}2e`))).toThrow('more than 4096 operations');
  });

  it('survives structures that contain themselves', () => {
    expect(() => readPickle(bytes('5d94680061' + '2e'))).not.toThrow();
    expect(() => readG3Extension(8, bytes('5d946800612e'))).toThrow(expect.objectContaining({ code: 'RPC_MALFORMED' }));
  });

  it('answers mutations of real payloads with a value or RPC_MALFORMED', () => {
    const samples = loadVectors(new URL('../../vectors/rpc.json', import.meta.url))
      .filter(({ name }) => name.startsWith('G3.pickle.'))
      .flatMap(({ frames }) => frames);
    const mutation = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...samples), mutation, (sample, changes) => {
        const mutated = Buffer.from(sample);
        for (const [at, byte] of changes) mutated[at % mutated.length] = byte;
        try {
          readPickle(mutated);
        } catch (error) {
          expect(error).toMatchObject({ code: 'RPC_MALFORMED' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what pickled names may mean', () => {
  it.each([
    ['a foreign function as an enum', 6, `${global('os', 'system')}${text('id')}8552`],
    ['getattr of a foreign class', 6, `${global('builtins', 'getattr')}${global('os', 'path')}${text('sep')}8652`],
    [
      'getattr for a member of no enum',
      6,
      `${global('builtins', 'getattr')}${global('ai.backend.common.types', 'Nope')}${text('A')}8652`,
    ],
    [
      'an enum with two arguments',
      6,
      `${global('ai.backend.common.types', 'SessionTypes')}${text('a')}${text('b')}8652`,
    ],
    ['an enum of an enum', 6, `${global('ai.backend.x', 'A')}${global('ai.backend.x', 'B')}8552`],
    ['a Decimal of another module', 3, `${global('evil', 'Decimal')}${text('1')}8552`],
    ['an image reference without fields', 7, `${global('ai.backend.common.docker', 'ImageRef')}2981`],
    ['an object in place of a call', 3, `${global('decimal', 'Decimal')}${text('1')}8581`],
  ])('refuses %s', (_name, type, hex) => {
    expect(() => readG3Extension(type, bytes(`8005${hex}2e`))).toThrow(
      expect.objectContaining({ code: 'RPC_MALFORMED' }),
    );
  });
});
