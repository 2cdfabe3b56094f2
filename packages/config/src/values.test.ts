import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { count, decimalSize, hostPort, oneOf, portRange, size, textList, userId } from './values.js';

const outcome = (schema: z.ZodType, value: unknown): unknown => {
  const result = schema.safeParse(value);
  return result.success ? result.data : result.error.issues[0]?.message;
};

describe('size', () => {
  // spec/06 §1.2
  it.each([
    ['1024', 1024n],
    ['1k', 1024n],
    ['1G', 1073741824n],
    ['1.5G', 1610612736n],
    ['8GiB', 8589934592n],
    ['8 GiB', 8589934592n],
    ['10MB', 10485760n],
    ['10 mbytes', 10485760n],
    ['2 K', 2048n],
    ['1_000', 1000n],
    ['512 bytes', 512n],
    ['1 byte', 1n],
    [1048576, 1048576n],
    [0, 0n],
  ])('reads %j', (written, bytes) => {
    expect(outcome(size(), written)).toBe(bytes);
  });

  it.each(['1.5', '100b', 'abc', '', '-1', -1, 1.5, true, []])('refuses %j', (written) => {
    expect(outcome(size(), written)).toMatch(/^must be a size such as/);
  });

  it('reads every whole number of bytes as itself', () => {
    fc.assert(fc.property(fc.nat(), (bytes) => outcome(size(), bytes) === BigInt(bytes)));
  });
});

describe('decimalSize', () => {
  it.each([
    ['10M', 10_000_000],
    ['10MB', 10_000_000],
    ['10MiB', 10_485_760],
    ['1.5k', 1500],
    ['20', 20],
    [4096, 4096],
  ])('reads %j as %d', (written, bytes) => {
    expect(outcome(decimalSize(), written)).toBe(bytes);
  });

  it.each(['', 'M', '1.5.5k', '10Q', -5, 0])('refuses %j', (written) => {
    expect(outcome(decimalSize(), written)).toMatch(/^must be a size such as/);
  });
});

describe('hostPort', () => {
  it.each([
    ['127.0.0.1:6001', '127.0.0.1', 6001],
    ['[::1]:6001', '::1', 6001],
    [['node', 7], 'node', 7],
    [{ host: 'node', port: 7 }, 'node', 7],
    [{ host: 'node', port: '7' }, 'node', 7],
  ])('reads %j', (written, host, port) => {
    expect(outcome(hostPort(), written)).toEqual({ host, port });
  });

  it.each(['', 'node', 'node:', ':7', 'node:0', 'node:65536', 'a b:7', 'node:x', 7, ['node'], { host: 'node' }])(
    'refuses %j',
    (written) => {
      expect(outcome(hostPort(), written)).toMatch(/^must be an address such as/);
    },
  );

  it('takes an empty host and port 0 only where they mean something', () => {
    expect(outcome(hostPort({ blank: true }), ':7')).toEqual({ host: '', port: 7 });
    expect(outcome(hostPort({ anyPort: true }), 'node:0')).toEqual({ host: 'node', port: 0 });
  });

  it('reads back what it is made of', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65535 }), (name, port) => {
        const written = name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
        expect(outcome(hostPort(), written)).toEqual({ host: name, port });
      }),
    );
  });
});

describe('portRange', () => {
  it.each(['30000-31000', [30000, 31000], '[30000, 31000]', '(30000, 31000)'])('reads %j', (written) => {
    expect(outcome(portRange(), written)).toEqual([30000, 31000]);
  });

  it.each(['31000-30000', '5-5', '0-5', '5-65536', '5', 'a-b', [5], [1, 2, 3], ['1', '2'], 5])(
    'refuses %j',
    (written) => {
      expect(outcome(portRange(), written)).toMatch(/^must be two ports/);
    },
  );
});

describe('the other values', () => {
  it.each([
    [userId(), -1, -1],
    [userId(), '', -1],
    [userId(), '1000', 1000],
    [userId(), 'nobody', 'nobody'],
    [userId(), '1a', expect.stringMatching(/^must be a number, the name of a user/)],
    [userId(), -2, expect.stringMatching(/^must be a number, the name of a user/)],
    [textList(), ['a'], ['a']],
    [textList(), "['a', 'b']", ['a', 'b']],
    [textList(), 'a, b', ['a', 'b']],
    [textList(), '', []],
    [textList(), '[1]', expect.stringMatching(/^must be a list of texts/)],
    [textList(), '[', expect.stringMatching(/^must be a list of texts/)],
    [oneOf('INTERLEAVED', 'PREFER_SINGLE_NODE'), 'interleaved', 'INTERLEAVED'],
    [oneOf('keep', 'destroy'), 'stop', 'must be one of keep, destroy'],
    [count(1, 32), 0, 'must be a whole number, 1 to 32'],
    [count(1, 32), 1.5, 'must be a whole number, 1 to 32'],
    [count(1, 32), '5', 'must be a whole number, 1 to 32'],
    [count(0), -1, 'must be a whole number, 0 or more'],
  ])('%#', (schema, written, expected) => {
    expect(outcome(schema, written)).toEqual(expected);
  });
});
