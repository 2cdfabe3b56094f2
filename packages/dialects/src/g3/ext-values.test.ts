import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MsgpackDecoder } from '../msgpack/decoder.js';
import { loadVectors } from '../testing/vectors.js';
import { readG3Extension } from './ext-values.js';

const vectors = loadVectors(new URL('../../vectors/rpc.json', import.meta.url));
const decoder = new MsgpackDecoder({ readExtension: readG3Extension });

const IMAGE = {
  name: 'python',
  project: 'stable',
  tag: '3.9-ubuntu20.04',
  registry: 'cr.backend.ai',
  architecture: 'x86_64',
  is_local: false,
};

const VALUES: Readonly<Record<string, unknown>> = {
  uuid: '3f0e5a52-4d0b-4f5a-9d0e-2f8b3a1c9e77',
  datetime_utc: '2026-08-23T02:14:19.123456+00:00',
  datetime_naive: '2026-08-23T02:14:19.123456',
  datetime_kst: '2026-08-23T11:14:19.000000+09:00',
  decimal: '1.5',
  posixpath: '/home/work/data',
  pureposixpath: 'vf/sub',
  enum_session_type: 'interactive',
  imageref: IMAGE,
  resourceslot: { cpu: '2', mem: '1073741824' },
  slotname: 'cuda.shares',
  binarysize: 67108864,
  tuple: [1, [2, 'x']],
  uuid_key_map: { '3f0e5a52-4d0b-4f5a-9d0e-2f8b3a1c9e77': 1 },
  labelname_key_map: { 'ai.backend.customized-image.owner': 'user:c1d0' },
};

const PICKLES: Readonly<Record<string, readonly [number, unknown]>> = {
  session_type_INTERACTIVE: [6, 'interactive'],
  cluster_mode_SINGLE_NODE: [6, 'single-node'],
  cluster_mode_MULTI_NODE: [6, 'multi-node'],
  auto_pull_DIGEST: [6, 'digest'],
  mount_permission_rw: [6, 'rw'],
  reason_USER_REQUESTED: [6, 'user-requested'],
  'decimal_1.5': [3, '1.5'],
  binarysize_64MiB: [16, 64 * 2 ** 20],
  'binarysize_1_(BININT1)': [16, 1],
  binarysize_32GiB: [16, 32 * 2 ** 30],
  imageref: [7, IMAGE],
  imageref_null_project: [7, expect.objectContaining({ project: null, tag: 'latest', registry: 'index.docker.io' })],
  'slotname_cuda.shares': [9, 'cuda.shares'],
  resourceslot: [8, { cpu: '2', mem: '1073741824' }],
};

const named = (prefix: string) =>
  vectors.flatMap(({ name, frames: [bytes] }) =>
    name.startsWith(prefix) && bytes !== undefined ? [{ name: name.slice(prefix.length), bytes }] : [],
  );

describe('extension values of G3', () => {
  it.each(named('G3.value.'))('reads $name', ({ name, bytes }) => {
    expect(VALUES).toHaveProperty([name]);
    expect(decoder.decode(bytes)).toEqual(VALUES[name]);
  });

  it.each(named('G3.pickle.'))('reads the pickle $name', ({ name, bytes }) => {
    const [type, expected] = PICKLES[name] ?? [];
    expect(readG3Extension(type ?? -1, bytes)).toEqual(expected);
  });

  it('has an expectation for each vector and no other', () => {
    expect(
      named('G3.value.')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(VALUES).sort());
    expect(
      named('G3.pickle.')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(PICKLES).sort());
  });

  it('reads an enum member by name, as Python 3.11 writes it', () => {
    const pickle =
      '80059555000000000000008c086275696c74696e73948c07676574617474729493948c1761692e6261636b656e642e636f6d6d6f6e2e7479706573948c0c53657373696f6e54797065739493948c0b494e54455241435449564594869452942e';
    expect(readG3Extension(6, Buffer.from(pickle, 'hex'))).toBe('interactive');
    const unknown = pickle.replace(
      Buffer.from('INTERACTIVE').toString('hex'),
      Buffer.from('__class__xx').toString('hex'),
    );
    expect(() => readG3Extension(6, Buffer.from(unknown, 'hex'))).toThrow('SessionTypes.__class__xx is unknown');
  });

  it('reads the short image reference that agents send', () => {
    const text = (value: string) =>
      `8c${Buffer.from([value.length]).toString('hex')}${Buffer.from(value).toString('hex')}`;
    const fields = Object.entries(IMAGE).map(
      ([key, value]) => text(key) + (typeof value === 'string' ? text(value) : '89'),
    );
    const pickle = `8005${text('ai.backend.common.docker')}${text('ImageRef')}9329817d28${fields.join('')}75622e`;
    expect(readG3Extension(7, Buffer.from(pickle, 'hex'))).toEqual(IMAGE);
  });

  it('answers each cut of a real payload with RPC_MALFORMED', () => {
    for (const { name, bytes } of named('G3.pickle.')) {
      const [type] = PICKLES[name] ?? [];
      for (let length = 0; length < bytes.length; length += 1) {
        expect(() => readG3Extension(type ?? -1, bytes.subarray(0, length))).toThrow(
          expect.objectContaining({ code: 'RPC_MALFORMED' }),
        );
      }
    }
  });

  it('answers any payload with a value or RPC_MALFORMED', () => {
    const type = fc.integer({ min: 0, max: 18 });
    fc.assert(
      fc.property(type, fc.uint8Array({ maxLength: 64 }), (code, bytes) => {
        try {
          readG3Extension(code, bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'RPC_MALFORMED' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
