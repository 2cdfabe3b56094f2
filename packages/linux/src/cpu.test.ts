import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCpuList, parseCpuList } from './cpu-list.js';
import { readCpuTopology, readUsableCpus } from './cpu-topology.js';
import { readHostFacts, readMemory } from './host-facts.js';

describe('lists of CPUs', () => {
  it.each([
    ['0-2,5\n', [0, 1, 2, 5]],
    ['', []],
    ['7', [7]],
    ['9,1,2,8', [1, 2, 8, 9]],
  ])('parses %j', (text, cpus) => expect(parseCpuList(text)).toEqual(cpus));

  it.each(['a', '1-', '3-1', '1,,2', '-1', '1 2', '999999'])('refuses %j', (text) => {
    expect(() => parseCpuList(text)).toThrowError(expect.objectContaining({ code: 'LINUX_BAD_FORMAT' }));
  });

  it('prints what it parses', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 300 })), (cpus) => {
        expect(parseCpuList(formatCpuList(cpus))).toEqual([...cpus].sort((a, b) => a - b));
      }),
    );
    expect(formatCpuList([3, 1, 2, 7])).toBe('1-3,7');
  });
});

describe('topology', () => {
  it('reads places, and null for those that are unknown', () => {
    const root = mkdtempSync(join(tmpdir(), 'bai-linux-'));
    const cpu = join(root, 'sys/devices/system/cpu');
    mkdirSync(join(cpu, 'cpu0/topology'), { recursive: true });
    mkdirSync(join(cpu, 'cpu0/node1'));
    writeFileSync(join(cpu, 'online'), '0,2\n');
    writeFileSync(join(cpu, 'cpu0/topology/core_id'), '4\n');
    writeFileSync(join(cpu, 'cpu0/topology/physical_package_id'), '1\n');
    expect(readCpuTopology(root)).toEqual([
      { id: 0, coreId: 4, packageId: 1, numaNode: 1 },
      { id: 2, coreId: null, packageId: null, numaNode: null },
    ]);
    rmSync(root, { recursive: true });
  });

  it('agrees with Node on this machine', () => expect(readUsableCpus()).toHaveLength(availableParallelism()));
});

describe('host', () => {
  it('tells memory in bytes', () => {
    const { totalBytes, availableBytes } = readMemory();
    expect(Math.abs(totalBytes - totalmem())).toBeLessThan(1024 * 1024);
    expect(availableBytes).toBeLessThanOrEqual(totalBytes);
    expect(availableBytes).toBeGreaterThan(0);
  });

  it('puts the facts together', () => {
    const facts = readHostFacts();
    expect(facts).toMatchObject({
      usableCpus: availableParallelism(),
      architecture: expect.stringMatching(/^(x86_64|aarch64)$/),
    });
    expect(facts.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(facts.onlineCpus).toBeGreaterThanOrEqual(facts.usableCpus);
  });
});
