import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { MemoryLogger, nullLogger } from '@bai/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCgroupMemoryLimit } from './cgroup-memory-limit.js';
import { hostCpu } from './host-cpu.js';
import { alignMemory, hostMemory } from './host-memory.js';
import { describeComputePlugin, type FakeHost, makeHostRoot } from './testing/index.js';

const GIB = 1024n ** 3n;
const MIB = 1024n ** 2n;

const vectors: {
  readonly align_memory: readonly {
    readonly orig: string;
    readonly reserved: string;
    readonly align: string;
    readonly usable: string;
  }[];
} = JSON.parse(readFileSync(new URL('../vectors/resources.json', import.meta.url), 'utf8'));

describeComputePlugin('hostCpu on this machine', () => hostCpu({ reserved: 0, root: '/', logger: nullLogger }));
describeComputePlugin('hostMemory on this machine', () =>
  hostMemory({ reservedBytes: 0n, alignBytes: 16n * MIB, root: '/', logger: nullLogger }),
);

describe('hostCpu', () => {
  it('finds as many cores on this machine as Node.js does', () => {
    const { devices } = hostCpu({ reserved: 0, root: '/', logger: nullLogger });
    expect(devices).toHaveLength(availableParallelism());
  });

  it.each([
    { why: 'the affinity', allowed: '2-4,9', online: '0-15', reserved: 0, cores: ['2', '3', '4', '9'] },
    { why: 'cores that are off', allowed: '0-7', online: '0-3', reserved: 0, cores: ['0', '1', '2', '3'] },
    { why: 'the reservation', allowed: '2-4,9', online: '0-15', reserved: 2, cores: ['4', '9'] },
    { why: 'a host that hides which are on', allowed: '0-1', online: '', reserved: 0, cores: ['0', '1'] },
    { why: 'a host that hides all', allowed: '', online: '', reserved: 0, cores: ['0'] },
  ])('respects $why', ({ allowed, online, reserved, cores }) => {
    using host = makeHostRoot({ allowedCpus: allowed, onlineCpus: online, memoryBytes: GIB });
    const { devices } = hostCpu({ reserved, root: host.root, logger: nullLogger });
    expect(devices.map((device) => device.deviceId)).toEqual(cores);
  });

  it('leaves one core to kernels, with a warning, where the reservation takes all', () => {
    const logger = new MemoryLogger();
    using host = makeHostRoot({ allowedCpus: '0-1', memoryBytes: GIB });
    const { devices } = hostCpu({ reserved: 8, root: host.root, logger });
    expect(devices.map((device) => device.deviceId)).toEqual(['1']);
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { configured: 8, reserved: 1 } }]);
  });

  it('tells managers of each core how many there are', () => {
    const { attached } = hostCpu({ reserved: 0, root: '/', logger: nullLogger });
    expect(attached(['0', '5'])).toEqual([
      { deviceId: '0', modelName: '', data: { cores: 2 } },
      { deviceId: '5', modelName: '', data: { cores: 2 } },
    ]);
  });
});

describe('alignMemory', () => {
  const within = vectors.align_memory.filter(({ orig, usable }) => BigInt(usable) <= BigInt(orig));

  it('has vectors', () => {
    expect(within.length).toBeGreaterThan(3);
  });

  it.each(within)('$orig less $reserved', ({ orig, reserved, align, usable }) => {
    expect(alignMemory(BigInt(orig), BigInt(reserved), BigInt(align))).toBe(BigInt(usable));
  });

  it('never promises more than there is, unlike upstream', () => {
    const size = fc.bigInt({ min: 0n, max: 2n ** 40n });
    fc.assert(
      fc.property(size, size, fc.bigInt({ min: 1n, max: 2n ** 30n }), (total, reserved, align) => {
        const usable = alignMemory(total, reserved, align);
        expect(usable).toBeLessThanOrEqual(total);
        if (usable > 0n) expect(usable % align).toBe(0n);
      }),
    );
  });
});

describe('hostMemory', () => {
  const open = (host: Partial<FakeHost>, reservedBytes = 0n, logger = nullLogger) => {
    using fake = makeHostRoot({ allowedCpus: '0', memoryBytes: 8n * GIB, ...host });
    return hostMemory({ reservedBytes, alignBytes: 16n * MIB, root: fake.root, logger }).devices[0]?.amount;
  };

  it('is the whole memory less the reservation', () => {
    expect(open({}, GIB)).toBe((7n * GIB).toString());
  });

  it('is the limit of the own cgroup where that is lower', () => {
    expect(open({ files: cgroup2('/agent', { '/agent': `${2n * GIB}` }) })).toBe((2n * GIB).toString());
    expect(open({ files: cgroup2('/agent', { '/agent': `${99n * GIB}` }) })).toBe((8n * GIB).toString());
  });

  it('keeps half of the memory, with a warning, where the reservation takes all', () => {
    const logger = new MemoryLogger();
    expect(open({ memoryBytes: 512n * MIB }, GIB, logger)).toBe((256n * MIB).toString());
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { reservedBytes: 256n * MIB } }]);
  });

  it('says so when the memory can not be read', () => {
    expect(() => open({ files: { 'proc/meminfo': '' } })).toThrow(expect.objectContaining({ code: 'HOST_UNREADABLE' }));
  });
});

describe('readCgroupMemoryLimit', () => {
  const limit = (files: Readonly<Record<string, string>>) => {
    using host = makeHostRoot({ allowedCpus: '0', memoryBytes: GIB, files });
    return readCgroupMemoryLimit(host.root);
  };

  it.each([
    { why: 'no cgroup at all', files: {}, expected: undefined },
    { why: 'no limit', files: cgroup2('/a/b', { '/a': 'max', '/a/b': 'max' }), expected: undefined },
    { why: 'a limit above the own group', files: cgroup2('/a/b', { '/a': '1000', '/a/b': '4000' }), expected: 1000 },
    { why: 'a limit of the own group', files: cgroup2('/a/b', { '/a': '5000', '/a/b': '4000' }), expected: 4000 },
    { why: 'a container that sees its group as the root', files: cgroup2('/../../x', { '': '3000' }), expected: 3000 },
    { why: 'version 1', files: cgroup1('/a', { '': '9223372036854771712', '/a': '2000' }), expected: 2000 },
    {
      why: 'version 1 in a container without a cgroup namespace',
      files: cgroup1('/docker/abc', { '': '1500' }, '/docker/abc'),
      expected: 1500,
    },
  ])('$why', ({ files, expected }) => {
    expect(limit(files)).toBe(expected);
  });
});

function cgroup2(own: string, limits: Readonly<Record<string, string>>): Record<string, string> {
  return {
    'proc/self/cgroup': `0::${own}\n`,
    'proc/self/mountinfo': '30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
    ...limitFiles('sys/fs/cgroup', limits, 'memory.max'),
  };
}

function cgroup1(own: string, limits: Readonly<Record<string, string>>, mountRoot = '/'): Record<string, string> {
  return {
    'proc/self/cgroup': `5:cpu,cpuacct:/elsewhere\n4:memory:${own}\n0::/\n`,
    'proc/self/mountinfo': `31 24 0:27 ${mountRoot} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n`,
    ...limitFiles('sys/fs/cgroup/memory', limits, 'memory.limit_in_bytes'),
  };
}

const limitFiles = (place: string, limits: Readonly<Record<string, string>>, file: string) =>
  Object.fromEntries(Object.entries(limits).map(([group, text]) => [`${place}${group}/${file}`, `${text}\n`]));
