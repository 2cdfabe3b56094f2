import { type KernelId, MemoryLogger, newKernelId } from '@bai/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComputePlugin } from './compute-plugin.js';
import { HostResources } from './host-resources.js';
import { makeHostRoot } from './testing/index.js';

const GIB = 1024n ** 3n;

function openHost(cores = '0-3', memoryBytes = 4n * GIB, logger = new MemoryLogger()): HostResources {
  using host = makeHostRoot({ allowedCpus: cores, memoryBytes });
  return HostResources.open({ reservedCpu: 0, reservedMem: 0n, root: host.root, logger });
}

const available = (resources: HostResources) =>
  Object.fromEntries(resources.capacity().map((slot) => [slot.slot, slot.available]));

describe('HostResources', () => {
  it('says what there is', () => {
    expect(openHost().capacity()).toEqual([
      { slot: 'cpu', type: 'count', total: '4', available: '4' },
      { slot: 'mem', type: 'bytes', total: '4294967296', available: '4294967296' },
    ]);
  });

  it('opens this machine', () => {
    const [cpu, mem] = HostResources.open({ reservedCpu: 0, reservedMem: 0n }).capacity();
    expect(Number(cpu?.total)).toBeGreaterThan(0);
    expect(Number(mem?.total)).toBeGreaterThan(0);
  });

  it('grants cores and memory, and describes them', () => {
    const resources = openHost('1-3,6');
    const kernelId = newKernelId();
    const grant = resources.allocate(kernelId, { cpu: '3', mem: '1073741824', 'cuda.device': '0' });
    expect(grant).toEqual({
      allocations: { cpu: { cpu: { '1': '1', '2': '1', '3': '1' } }, mem: { mem: { root: '1073741824' } } },
      cpuset: '1-3',
      cpus: 3,
      memoryBytes: 1073741824,
      attachedDevices: {
        cpu: ['1', '2', '3'].map((deviceId) => ({ deviceId, modelName: '', data: { cores: 3 } })),
        mem: [{ deviceId: 'root', modelName: '', data: {} }],
      },
    });
    expect(resources.inUse()).toEqual(new Map([[kernelId, grant.allocations]]));
    expect(available(resources)).toEqual({ cpu: '1', mem: '3221225472' });
  });

  it.each([
    { slots: { mem: '1' }, code: 'UNSUPPORTED_RESOURCE', says: /cpu slot is required/ },
    { slots: { cpu: '1' }, code: 'UNSUPPORTED_RESOURCE', says: /mem slot is required/ },
    {
      slots: { cpu: '1', mem: '1', 'cuda.device': '1' },
      code: 'UNSUPPORTED_RESOURCE',
      says: /no slot cuda.device: it has cpu, mem/,
    },
    { slots: { cpu: '0', mem: '1' }, code: 'INVALID_RESOURCE_ARGUMENT', says: /slot cpu: "0"/ },
    { slots: { cpu: '1', mem: '-1' }, code: 'INVALID_RESOURCE_ARGUMENT', says: /slot mem: "-1"/ },
    { slots: { cpu: '1', mem: '1.5' }, code: 'INVALID_RESOURCE_ARGUMENT', says: /slot mem: "1.5".*whole/ },
    { slots: { cpu: '1.5', mem: '1' }, code: 'INVALID_RESOURCE_ARGUMENT', says: /slot cpu: "1.5".*whole/ },
    { slots: { cpu: '1', mem: '1g' }, code: 'INVALID_RESOURCE_ARGUMENT', says: /slot mem: "1g"/ },
    { slots: { cpu: 'NaN', mem: '1' }, code: 'INVALID_RESOURCE_ARGUMENT', says: /slot cpu: "NaN"/ },
    { slots: { cpu: '1', mem: 'Infinity' }, code: 'INVALID_RESOURCE_ARGUMENT', says: /slot mem/ },
    { slots: { cpu: '1E+1', mem: '1' }, code: 'INVALID_RESOURCE_ARGUMENT', says: /slot cpu/ },
    {
      slots: { cpu: '9', mem: '1' },
      code: 'INSUFFICIENT_RESOURCE',
      says: /\(cpu \(tag: 'cpu'\), allocating 9 out of 4\)/,
    },
    { slots: { cpu: '4', mem: '99999999999' }, code: 'INSUFFICIENT_RESOURCE', says: /\(mem \(tag: 'mem'\)/ },
  ])('refuses $slots and takes nothing', ({ slots, code, says }) => {
    const resources = openHost();
    const kernelId = newKernelId();
    expect(() => resources.allocate(kernelId, slots)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(says) }),
    );
    expect(available(resources)).toEqual({ cpu: '4', mem: '4294967296' });
    expect(resources.inUse().size).toBe(0);
    resources.allocate(kernelId, { cpu: '4', mem: '4294967296' });
  });

  it('gives nothing twice to one kernel', () => {
    const resources = openHost();
    const kernelId = newKernelId();
    const { allocations } = resources.allocate(kernelId, { cpu: '1', mem: '1' });
    expect(() => resources.allocate(kernelId, { cpu: '1', mem: '1' })).toThrow(
      expect.objectContaining({ code: 'KERNEL_EXISTS' }),
    );
    expect(() => resources.restore(kernelId, allocations)).toThrow(expect.objectContaining({ code: 'KERNEL_EXISTS' }));
    expect(available(resources)).toEqual({ cpu: '3', mem: '4294967295' });
  });

  it('releases as often as asked', () => {
    const resources = openHost();
    const kernelId = newKernelId();
    resources.allocate(kernelId, { cpu: '4', mem: '4294967296' });
    resources.release(kernelId);
    resources.release(kernelId);
    resources.release(newKernelId());
    expect(available(resources)).toEqual({ cpu: '4', mem: '4294967296' });
  });

  it('restores from the record exactly what a kernel had', () => {
    const before = openHost();
    before.allocate(newKernelId(), { cpu: '2', mem: '1' });
    const kernelId = newKernelId();
    const grant = before.allocate(kernelId, { cpu: '1', mem: '1610612737' });

    const after = openHost();
    const record: unknown = JSON.parse(JSON.stringify(grant.allocations));
    expect(after.restore(kernelId, record as typeof grant.allocations)).toEqual(grant);
    expect(after.allocate(newKernelId(), { cpu: '3', mem: '1' }).cpuset).toBe('0-1,3');
    after.release(kernelId);
    expect(available(after)['mem']).toBe('4294967295');
  });

  it('restores onto a host that has shrunk, and says which devices are gone', () => {
    const logger = new MemoryLogger();
    const resources = openHost('0-1', GIB, logger);
    const kernelId = newKernelId();
    const allocations = {
      cpu: { cpu: { '1': '1', '7': '1' } },
      mem: { mem: { root: (2n * GIB).toString() } },
      cuda: { 'cuda.device': { '0': '1' } },
    };
    const grant = resources.restore(kernelId, allocations);
    expect(grant).toMatchObject({ allocations, cpuset: '1', cpus: 2, memoryBytes: Number(2n * GIB) });
    expect(available(resources)).toEqual({ cpu: '1', mem: '0' });
    expect(logger.lines.map((line) => line.fields['gone'])).toEqual([['7'], ['0']]);
    resources.release(kernelId);
    expect(available(resources)).toEqual({ cpu: '2', mem: GIB.toString() });
  });

  it('refuses a record whose amounts can not be read, and takes nothing', () => {
    const resources = openHost();
    const bad = { cpu: { cpu: { '0': '1' } }, mem: { mem: { root: '1g' } } };
    expect(() => resources.restore(newKernelId(), bad)).toThrow(
      expect.objectContaining({ code: 'INVALID_RESOURCE_ARGUMENT' }),
    );
    expect(available(resources)['cpu']).toBe('4');
  });

  it('gives back what earlier plugins gave when a later one has not enough', () => {
    const gpu: ComputePlugin = {
      key: 'gpu',
      strategy: 'evenly',
      devices: [{ deviceId: '0', slot: 'gpu.device', type: 'count', amount: '1' }],
      attached: () => [],
    };
    const resources = new HostResources([plain('cpu', '4'), plain('mem', '100'), gpu]);
    expect(() => resources.allocate(newKernelId(), { cpu: '1', mem: '1', 'gpu.device': '2' })).toThrow(/gpu.device/);
    expect(available(resources)).toEqual({ cpu: '4', mem: '100', 'gpu.device': '1' });
    const grant = resources.allocate(newKernelId(), { cpu: '1', mem: '1', 'gpu.device': '1' });
    expect(grant.allocations['gpu']).toEqual({ 'gpu.device': { '0': '1' } });
  });

  it('never gives a core to two kernels, and has everything again in the end', () => {
    const step = fc.record({ cpu: fc.integer({ min: 1, max: 5 }), release: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const resources = new HostResources([cores(8), plain('mem', '1000')]);
        const running: KernelId[] = [];
        for (const { cpu, release } of steps) {
          const oldest = release ? running.shift() : undefined;
          if (oldest !== undefined) resources.release(oldest);
          const kernelId = newKernelId();
          try {
            resources.allocate(kernelId, { cpu: String(cpu), mem: '10' });
            running.push(kernelId);
          } catch (error) {
            expect(error).toMatchObject({ code: 'INSUFFICIENT_RESOURCE' });
          }
          const taken = [...resources.inUse().values()].flatMap((each) => Object.keys(each['cpu']?.['cpu'] ?? {}));
          expect(new Set(taken).size).toBe(taken.length);
          expect(taken.length).toBe(8 - Number(available(resources)['cpu']));
        }
        for (const kernelId of running) resources.release(kernelId);
        expect(available(resources)).toEqual({ cpu: '8', mem: '1000' });
      }),
    );
  });
});

const plain = (key: string, amount: string): ComputePlugin => ({
  key,
  strategy: 'fill',
  devices: [{ deviceId: 'root', slot: key, type: 'count', amount }],
  attached: () => [],
});

const cores = (count: number): ComputePlugin => ({
  key: 'cpu',
  strategy: 'evenly',
  devices: Array.from({ length: count }, (_, id) => ({
    deviceId: String(id),
    slot: 'cpu',
    type: 'count',
    amount: '1',
  })),
  attached: () => [],
});

describe('an overcommitted core', () => {
  it('is shared by as many kernels as the factor says, each on its own account', () => {
    const ledger = HostResources.open({ reservedCpu: 0, reservedMem: 0n, cpuOvercommit: 3 });
    const cores = Number(HostResources.open({ reservedCpu: 0, reservedMem: 0n }).capacity()[0]?.total);
    const grants = Array.from({ length: 3 * cores }, () => ledger.allocate(newKernelId(), { cpu: '1', mem: '1' }));
    expect(grants.every((grant) => grant.cpus === 1)).toBe(true);
    expect(() => ledger.allocate(newKernelId(), { cpu: '1', mem: '1' })).toThrow(/insufficient/i);
  });

  it.each([0, 11, 1.5])('is refused for a factor of %s', (cpuOvercommit) => {
    expect(() => HostResources.open({ reservedCpu: 0, reservedMem: 0n, cpuOvercommit })).toThrow(/from 1 to 10/);
  });
});
