import { join } from 'node:path';
import type { Cgroup } from './cgroup.js';
import type { CgroupController } from './cgroup-hierarchy.js';
import { readKernelNumber, readKernelTable } from './read-file.js';

/** Counters of a group at one moment. What can't be read is null. */
export interface CgroupUsage {
  readonly cpuUsedMs: number | null;
  /** Without file pages that the kernel can drop at any time. @see spec/04 §10 (container `mem`) */
  readonly memoryBytes: number | null;
  readonly memoryPeakBytes: number | null;
  /** Processes and threads. */
  readonly processes: number | null;
  /** How often the kernel killed a process of the group because its memory was used up. */
  readonly oomKills: number | null;
}

export function readCgroupUsage(group: Cgroup): CgroupUsage {
  return {
    cpuUsedMs: readCpu(group),
    memoryBytes: readMemory(group),
    memoryPeakBytes: readPeak(group),
    processes: read(group, 'pids', 'pids.current', 'pids.current'),
    oomKills: readOomKills(group),
  };
}

const partWith = (group: Cgroup, controller: CgroupController) =>
  group.find((part) => part.controllers.includes(controller));

function read(group: Cgroup, controller: CgroupController, version1: string, version2: string): number | null {
  const part = partWith(group, controller);
  if (part === undefined) return null;
  return readKernelNumber(join(part.directory, part.version === 1 ? version1 : version2)) ?? null;
}

function readRow(group: Cgroup, controller: CgroupController, version1: [string, string], version2: [string, string]) {
  const part = partWith(group, controller);
  if (part === undefined) return null;
  const [file, row] = part.version === 1 ? version1 : version2;
  return readKernelTable(join(part.directory, file)).get(row) ?? null;
}

function readCpu(group: Cgroup): number | null {
  const part = partWith(group, 'cpuacct');
  if (part?.version === 1) {
    const nanoseconds = readKernelNumber(join(part.directory, 'cpuacct.usage'));
    return nanoseconds === undefined ? null : nanoseconds / 1e6;
  }
  const microseconds = readRow(group, 'cpuacct', ['', ''], ['cpu.stat', 'usage_usec']);
  return microseconds === null ? null : microseconds / 1e3;
}

function readMemory(group: Cgroup): number | null {
  const total = read(group, 'memory', 'memory.usage_in_bytes', 'memory.current');
  if (total === null) return null;
  const cache = readRow(group, 'memory', ['memory.stat', 'total_inactive_file'], ['memory.stat', 'inactive_file']);
  return Math.max(0, total - (cache ?? 0));
}

const readPeak = (group: Cgroup): number | null => read(group, 'memory', 'memory.max_usage_in_bytes', 'memory.peak');

const readOomKills = (group: Cgroup): number | null =>
  readRow(group, 'memory', ['memory.oom_control', 'oom_kill'], ['memory.events', 'oom_kill']);
