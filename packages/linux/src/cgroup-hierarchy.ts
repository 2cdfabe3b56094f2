import { accessSync, constants } from 'node:fs';
import { join, relative } from 'node:path';
import { isInside, type Mount, readMounts } from './mountinfo.js';
import { readKernelFile } from './read-file.js';

export const CGROUP_CONTROLLERS = ['cpu', 'cpuacct', 'cpuset', 'memory', 'pids'] as const;
export type CgroupController = (typeof CGROUP_CONTROLLERS)[number];

/** A folder of a cgroup file system in which this process may make groups. */
export interface CgroupParent {
  readonly version: 1 | 2;
  readonly directory: string;
  /** Controllers that a group made here has (version 1) or can be given (version 2). */
  readonly controllers: readonly CgroupController[];
}

/**
 * Finds where groups can be made, for each controller at most one place; version 1 wins where a machine has both for a
 * controller, as the kernel binds it to one. Below the own group where that may be written, so that limits set for the agent as
 * a whole hold for its kernels; else the nearest writable group above.
 */
export function detectCgroups(root = '/'): CgroupParent[] {
  const mounts = readMounts('self', root);
  const own = readOwnGroups(root);
  const first = mounts.filter((mount) => mount.fsType === 'cgroup').flatMap((mount) => findVersion1(mount, own, root));
  const second = mounts
    .filter((mount) => mount.fsType === 'cgroup2')
    .flatMap((mount) => findVersion2(mount, own, root));
  return withoutRepetition([...first, ...second]);
}

/** Controller (or the empty text for version 2) to the path of the own group. */
function readOwnGroups(root: string): ReadonlyMap<string, string> {
  const lines = (readKernelFile(join(root, 'proc/self/cgroup')) ?? '').split('\n').filter((line) => line !== '');
  return new Map(
    lines.flatMap((line) => {
      const [, controllers = '', ...path] = line.split(':');
      return controllers.split(',').map((controller) => [controller, path.join(':')] as const);
    }),
  );
}

function findVersion1(mount: Mount, own: ReadonlyMap<string, string>, root: string): CgroupParent[] {
  const controllers = CGROUP_CONTROLLERS.filter((controller) => mount.superOptions.includes(controller));
  const [controller] = controllers;
  if (controller === undefined) return [];
  const [directory] = groupsUpwards(mount, own.get(controller), root).filter(isWritableGroup);
  return directory === undefined ? [] : [{ version: 1, directory, controllers }];
}

function findVersion2(mount: Mount, own: ReadonlyMap<string, string>, root: string): CgroupParent[] {
  const candidates = groupsUpwards(mount, own.get(''), root)
    .filter(isWritableGroup)
    .map((directory): CgroupParent => ({ version: 2, directory, controllers: grantableControllers(directory) }))
    .sort((a, b) => b.controllers.length - a.controllers.length); // stable: the nearest of equal ones stays first
  return candidates.slice(0, 1).filter((parent) => parent.controllers.length > 0);
}

/** The own group and those above it up to the mount point, as folders. */
function groupsUpwards(mount: Mount, ownPath: string | undefined, root: string): string[] {
  const inside = ownPath !== undefined && isInside(ownPath, mount.root) ? relative(mount.root, ownPath) : '';
  const parts = inside.split('/').filter((part) => part !== '');
  return Array.from({ length: parts.length + 1 }, (_, cut) =>
    join(root, mount.mountPoint, ...parts.slice(0, parts.length - cut)),
  );
}

function isWritableGroup(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    accessSync(join(directory, 'cgroup.procs'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A group of version 2 with processes of its own can give nothing to groups below it, except the root and except after they moved. */
function grantableControllers(directory: string): CgroupController[] {
  const words = (file: string): string[] => (readKernelFile(join(directory, file)) ?? '').split(/\s+/);
  const enabled = words('cgroup.subtree_control');
  const members = words('cgroup.procs').filter((word) => word !== '');
  const isRoot = readKernelFile(join(directory, 'cgroup.type')) === undefined;
  const isOnlySelf = members.length === 1 && members[0] === String(process.pid);
  const mayEnable = isRoot || members.length === 0 || isOnlySelf;
  const granted = new Set(mayEnable ? words('cgroup.controllers') : enabled);
  if (granted.has('cpu')) granted.add('cpuacct'); // version 2 counts processor time in every group
  return CGROUP_CONTROLLERS.filter((controller) => granted.has(controller));
}

function withoutRepetition(parents: readonly CgroupParent[]): CgroupParent[] {
  const seen = new Set<CgroupController>();
  return parents.flatMap((parent) => {
    const controllers = parent.controllers.filter((controller) => !seen.has(controller));
    for (const controller of controllers) seen.add(controller);
    return controllers.length === 0 ? [] : [{ ...parent, controllers }];
  });
}
