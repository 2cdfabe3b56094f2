import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Cgroup,
  cgroupEntrances,
  cgroupMembers,
  createCgroup,
  killCgroup,
  listCgroups,
  planCgroup,
  removeCgroup,
} from './cgroup.js';
import { CGROUP_CONTROLLERS, detectCgroups } from './cgroup-hierarchy.js';
import { limitCgroup } from './cgroup-limits.js';
import { readCgroupUsage } from './cgroup-usage.js';

const NONE = { cpus: undefined, cpuset: undefined, memoryBytes: undefined, processes: undefined };

describe('version 2, as files', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bai-linux-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('switches controllers on, writes limits and reads counters', () => {
    writeFileSync(join(directory, 'cgroup.subtree_control'), 'memory');
    const group = planCgroup([{ version: 2, directory, controllers: CGROUP_CONTROLLERS }], 'bai-x');
    expect(existsSync(join(directory, 'bai-x'))).toBe(false);
    createCgroup(group);
    const file = (name: string): string => join(directory, 'bai-x', name);
    writeFileSync(file('memory.swap.max'), 'max');
    const limits = { cpus: 1.5, cpuset: '0-1', memoryBytes: 1 << 20, processes: 20 };
    expect(limitCgroup(group, limits)).toEqual(new Set(['cpus', 'cpuset', 'memoryBytes', 'processes']));
    expect(readFileSync(file('cpu.max'), 'utf8')).toBe('150000 100000');
    expect(readFileSync(file('cpuset.cpus'), 'utf8')).toBe('0-1');
    expect(readFileSync(file('memory.max'), 'utf8')).toBe('1048576');
    expect(readFileSync(file('memory.swap.max'), 'utf8')).toBe('0');
    expect(readFileSync(file('pids.max'), 'utf8')).toBe('20');

    writeFileSync(file('cpu.stat'), 'usage_usec 1500\nuser_usec 1000\n');
    writeFileSync(file('memory.current'), '5000\n');
    writeFileSync(file('memory.stat'), 'anon 4000\ninactive_file 900\n');
    writeFileSync(file('memory.events'), 'oom 2\noom_kill 1\n');
    writeFileSync(file('pids.current'), '3\n');
    expect(readCgroupUsage(group)).toEqual({
      cpuUsedMs: 1.5,
      memoryBytes: 4100,
      memoryPeakBytes: null,
      processes: 3,
      oomKills: 1,
    });
  });

  it('leaves out limits without a controller and says so', () => {
    const group = planCgroup([{ version: 2, directory, controllers: ['pids'] }], 'bai-x');
    createCgroup(group);
    expect(limitCgroup(group, { ...NONE, memoryBytes: 1, processes: 5 })).toEqual(new Set(['processes']));
    expect(readCgroupUsage(group)).toMatchObject({ cpuUsedMs: null, memoryBytes: null, oomKills: null });
  });
});

const parents = detectCgroups();
const missing = (['cpuacct', 'memory', 'pids'] as const).filter(
  (controller) => !parents.some((parent) => parent.controllers.includes(controller)),
);
const title =
  missing.length > 0 ? `real groups (not run here: no writable controller for ${missing.join(', ')})` : 'real groups';

describe.skipIf(missing.length > 0)(title, () => {
  /** A shell that joins the group, then runs the script. */
  function enter(group: Cgroup, script: string): ChildProcess {
    const join = 'for file in "$@"; do echo 0 > "$file" || exit 99; done';
    return spawn('sh', ['-c', `${join}; ${script}`, 'sh', ...cgroupEntrances(group)], { stdio: 'ignore' });
  }

  async function withGroup(work: (group: Cgroup) => Promise<void>): Promise<void> {
    const name = `bai-test-${randomUUID()}`;
    const group = planCgroup(parents, name);
    createCgroup(group);
    try {
      expect(listCgroups(parents, 'bai-test-')).toContain(name);
      await work(group);
    } finally {
      await killCgroup(group);
      await removeCgroup(group);
      expect(listCgroups(parents, 'bai-test-')).not.toContain(name);
    }
  }

  it('counts what runs in them and kills all of it, children included', () =>
    withGroup(async (group) => {
      const child = enter(group, 'sleep 60 & sleep 60 & exec sleep 60');
      const ended = once(child, 'exit');
      await poll(
        'three members',
        { timeoutMs: 10_000, intervalMs: 10 },
        () => cgroupMembers(group).length === 3 || undefined,
      );
      const usage = readCgroupUsage(group);
      expect(usage.processes).toBe(3);
      expect(usage.cpuUsedMs).toBeGreaterThan(0);
      expect(usage.memoryBytes).toBeGreaterThan(0);
      expect(usage.oomKills).toBe(0);
      await killCgroup(group);
      expect((await ended)[1]).toBe('SIGKILL');
      expect(cgroupMembers(group)).toEqual([]);
    }));

  it('hold a limit of processes', () =>
    withGroup(async (group) => {
      expect(limitCgroup(group, { ...NONE, processes: 3 })).toEqual(new Set(['processes']));
      const child = enter(group, 'for i in 1 2 3 4 5; do sleep 60 & done; wait');
      const [code] = await once(child, 'exit');
      expect(code).not.toBe(0); // the shell can't fork and gives up
      expect(cgroupMembers(group).length).toBeLessThanOrEqual(3);
    }));

  it('hold a limit of memory, and count the kill', () =>
    withGroup(async (group) => {
      limitCgroup(group, { ...NONE, memoryBytes: 16 * 1024 * 1024 });
      const child = enter(group, 'exec tail /dev/zero');
      const [, signal] = await once(child, 'exit');
      expect(signal).toBe('SIGKILL');
      expect(readCgroupUsage(group).oomKills).toBe(1);
      expect(readCgroupUsage(group).memoryPeakBytes).toBeGreaterThan(8 * 1024 * 1024);
    }));

  it('take limits of processor time and CPUs', () =>
    withGroup(async (group) => {
      const has = (controller: 'cpu' | 'cpuset') => group.some((part) => part.controllers.includes(controller));
      const expected = [...(has('cpu') ? ['cpus'] : []), ...(has('cpuset') ? ['cpuset'] : [])];
      expect([...limitCgroup(group, { ...NONE, cpus: 0.5, cpuset: '0' })]).toEqual(expected);
    }));

  it('refuse CPUs that the machine lacks', () =>
    withGroup(async (group) => {
      if (!group.some((part) => part.controllers.includes('cpuset'))) return;
      expect(() => limitCgroup(group, { ...NONE, cpuset: '4000' })).toThrowError(
        expect.objectContaining({ code: 'CGROUP_FAILED' }),
      );
    }));

  it('are gone twice without complaint', async () => {
    const group = planCgroup(parents, `bai-test-${randomUUID()}`);
    await killCgroup(group);
    await removeCgroup(group);
    createCgroup(group);
    createCgroup(group);
    await removeCgroup(group);
    await removeCgroup(group);
    expect(group.filter((part) => existsSync(part.directory))).toEqual([]);
  });
});
