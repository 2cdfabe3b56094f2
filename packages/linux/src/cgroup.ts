import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, poll, type WaitOptions } from '@bai/core';
import type { CgroupController, CgroupParent } from './cgroup-hierarchy.js';
import { LinuxError } from './errors.js';
import { readKernelFile } from './read-file.js';

/** One group: in version 1 a folder per hierarchy, in version 2 a single one. Plain data, to be kept in a record. */
export type Cgroup = readonly CgroupParent[];

const REMOVAL_MS = 5_000;

/** Where a group of this name would be. Nothing is made yet, so that the name can be recorded first. */
export const planCgroup = (parents: readonly CgroupParent[], name: string): Cgroup =>
  parents.map((parent) => ({ ...parent, directory: join(parent.directory, name) }));

/**
 * Makes the folders of a planned group; those that are there already are taken. Version 2 gets its controllers switched on in
 * the folder above. @throws {LinuxError} `CGROUP_FAILED`
 */
export function createCgroup(group: Cgroup): void {
  for (const part of group) {
    try {
      if (part.version === 2) enableControllers(join(part.directory, '..'), part.controllers);
      mkdirSync(part.directory, { recursive: true });
      if (part.version === 1 && part.controllers.includes('cpuset')) inheritCpuset(part.directory);
    } catch (error) {
      throw new LinuxError('CGROUP_FAILED', `cannot make the control group ${part.directory}`, { cause: error });
    }
  }
}

/** A new cpuset group of version 1 has no CPU and no memory node, and takes no process before it has. */
function inheritCpuset(directory: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (readKernelFile(join(directory, file))?.trim() !== '') continue;
    writeFileSync(join(directory, file), readKernelFile(join(directory, '..', file)) ?? '');
  }
}

function enableControllers(directory: string, controllers: readonly CgroupController[]): void {
  const file = join(directory, 'cgroup.subtree_control');
  const enabled = new Set((readKernelFile(file) ?? '').trim().split(' '));
  for (const controller of controllers) {
    if (controller === 'cpuacct' || enabled.has(controller)) continue;
    try {
      writeFileSync(file, `+${controller}`);
    } catch (error) {
      if (errorCode(error) !== 'EBUSY') throw error;
      moveSelfIntoLeaf(directory);
      writeFileSync(file, `+${controller}`);
    }
  }
}

/** A group that gives controllers to groups below it may hold no process: the agent moves into a group beside its kernels'. */
function moveSelfIntoLeaf(directory: string): void {
  const leaf = join(directory, 'bai-agent');
  mkdirSync(leaf, { recursive: true });
  writeFileSync(join(leaf, 'cgroup.procs'), String(process.pid));
}

/** Files into which a process writes `0` to move itself into the group. */
export const cgroupEntrances = (group: Cgroup): string[] => group.map((part) => join(part.directory, 'cgroup.procs'));

/** Processes in the group, with those of groups below it. */
export function cgroupMembers(group: Cgroup): number[] {
  const members = group.flatMap((part) => folders(part.directory)).flatMap(readMembers);
  return [...new Set(members)];
}

const readMembers = (directory: string): number[] =>
  (readKernelFile(join(directory, 'cgroup.procs')) ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);

/** A group and those below it, the deepest first. Empty when it is gone. */
function folders(directory: string): string[] {
  try {
    const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...below.flatMap((entry) => folders(join(directory, entry.name))), directory];
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Kills everything in the group, also what forks meanwhile, and waits until it is empty. @throws {DeadlineError} */
export async function killCgroup(group: Cgroup, options: WaitOptions = {}): Promise<void> {
  if (group.length === 0) return;
  await poll('emptying a control group', { timeoutMs: REMOVAL_MS, intervalMs: 5, ...options }, () => {
    const members = cgroupMembers(group);
    if (members.length === 0) return true;
    if (!killAtOnce(group)) for (const pid of members) kill(pid);
    return undefined;
  });
}

/** `cgroup.kill` (version 2, Linux 5.14) leaves a fork bomb no moment between two reads. */
function killAtOnce(group: Cgroup): boolean {
  return group.some((part) => {
    const file = join(part.directory, 'cgroup.kill');
    if (part.version !== 2 || readKernelFile(join(part.directory, 'cgroup.type')) === undefined) return false;
    try {
      writeFileSync(file, '1', { flag: 'r+' });
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Removes an empty group with all below it; a group that isn't there is success. @throws {DeadlineError} while it is in use */
export async function removeCgroup(group: Cgroup, options: WaitOptions = {}): Promise<void> {
  for (const part of group) {
    await poll(
      `removing the control group ${part.directory}`,
      { timeoutMs: REMOVAL_MS, intervalMs: 5, ...options },
      () => (folders(part.directory).every(removeFolder) ? true : undefined),
    );
  }
}

/** The last process may need a moment to leave after it was waited for: then the folder is busy. */
function removeFolder(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EBUSY') return false;
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}

/** Names of the groups with this beginning below the given places, for finding what an earlier process left. */
export function listCgroups(parents: readonly CgroupParent[], prefix: string): string[] {
  const names = parents.flatMap((parent) => {
    try {
      return readdirSync(parent.directory);
    } catch {
      return []; // the place is gone, and its groups with it
    }
  });
  return [...new Set(names.filter((name) => name.startsWith(prefix)))];
}
