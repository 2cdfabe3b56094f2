import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cgroup } from './cgroup.js';
import type { CgroupController, CgroupParent } from './cgroup-hierarchy.js';
import { LinuxError } from './errors.js';

/** Limits of a group; what is undefined stays unlimited. */
export interface CgroupLimits {
  /** Processor time in cores; fractions are allowed. */
  readonly cpus: number | undefined;
  /** CPUs to run on, as `0-1,4`. */
  readonly cpuset: string | undefined;
  readonly memoryBytes: number | undefined;
  /** Processes and threads together. */
  readonly processes: number | undefined;
}

const PERIOD_US = 100_000;
const LEAST_QUOTA_US = 1_000; // the kernel refuses less

/** Files to write for one limit, in this order. An optional one is written where it exists. */
type Setting = readonly { readonly file: string; readonly value: string; readonly optional?: boolean }[];

/**
 * Sets the limits of a group. Answers which of those asked for are in force now: a controller that the group lacks leaves its
 * limit out. @throws {LinuxError} `CGROUP_FAILED` when the kernel refuses a value
 */
export function limitCgroup(group: Cgroup, limits: CgroupLimits): Set<keyof CgroupLimits> {
  const set = new Set<keyof CgroupLimits>();
  const apply = (limit: keyof CgroupLimits, controller: CgroupController, toSetting: (version: 1 | 2) => Setting) => {
    const part = group.find((candidate) => candidate.controllers.includes(controller));
    if (limits[limit] === undefined || part === undefined) return;
    write(part, toSetting(part.version));
    set.add(limit);
  };
  apply('cpus', 'cpu', (version) => cpuSetting(version, limits.cpus ?? 0));
  apply('cpuset', 'cpuset', () => [{ file: 'cpuset.cpus', value: limits.cpuset ?? '' }]);
  apply('memoryBytes', 'memory', (version) => memorySetting(version, limits.memoryBytes ?? 0));
  apply('processes', 'pids', () => [{ file: 'pids.max', value: String(limits.processes) }]);
  return set;
}

function cpuSetting(version: 1 | 2, cpus: number): Setting {
  const quota = Math.max(LEAST_QUOTA_US, Math.round(cpus * PERIOD_US));
  if (version === 2) return [{ file: 'cpu.max', value: `${quota} ${PERIOD_US}` }];
  return [
    { file: 'cpu.cfs_period_us', value: String(PERIOD_US) },
    { file: 'cpu.cfs_quota_us', value: String(quota) },
  ];
}

/** Swap doesn't widen the limit: it would only make the machine slow before the same end. */
function memorySetting(version: 1 | 2, bytes: number): Setting {
  if (version === 2) {
    return [
      { file: 'memory.max', value: String(bytes) },
      { file: 'memory.swap.max', value: '0', optional: true },
    ];
  }
  return [
    { file: 'memory.limit_in_bytes', value: String(bytes) },
    { file: 'memory.memsw.limit_in_bytes', value: String(bytes), optional: true },
  ];
}

function write(part: CgroupParent, setting: Setting): void {
  for (const { file, value, optional } of setting) {
    const path = join(part.directory, file);
    if (optional && !existsSync(path)) continue;
    try {
      writeFileSync(path, value);
    } catch (error) {
      throw new LinuxError('CGROUP_FAILED', `the kernel refuses ${value} for ${path}`, { cause: error });
    }
  }
}
