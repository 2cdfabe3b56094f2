import { posix } from 'node:path';
import type { MountSpec } from '@bai/agent-api';
import { RuntimeError } from '@bai/container-runtime';
import { isInside } from '@bai/linux';

/** Parts of a kernel that no mount may cover: they are its system, or make it safe. */
const RESERVED = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/home/config',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/mnt',
  '/proc',
  '/run',
  '/sbin',
  '/sys',
  '/usr',
];
/** May hold mounts but not be one. */
const PARENTS_ONLY = ['/', '/home', '/home/work', '/opt', '/tmp', '/var'];

/**
 * Checks where mounts are to appear. Targets in `/home/work` lie in folders that user code may have written, and `/tmp` is empty
 * at first: their mount points are made inside the kernel.
 *
 * @throws {RuntimeError} `CONTAINER_CREATE_FAILED`
 */
export function checkMountTarget(mount: MountSpec, taken: readonly string[]): void {
  const { target, source, name } = mount;
  const refuse = (why: string): never => {
    throw new RuntimeError(
      'CONTAINER_CREATE_FAILED',
      `mount ${JSON.stringify(name)} cannot appear at ${JSON.stringify(target)}: ${why}`,
    );
  };
  if (!posix.isAbsolute(target) || posix.normalize(target) !== target || target.endsWith('/')) {
    refuse('the place must be an absolute path without dots, double or final slashes');
  }
  if (/[\n\0]/.test(target) || /[\n\0]/.test(source)) refuse('a path may not hold a line break');
  if (PARENTS_ONLY.includes(target)) refuse('this folder of the kernel may not be covered');
  const reserved = [...RESERVED, ...taken].find((folder) => isInside(target, folder) || isInside(folder, target));
  if (reserved !== undefined) refuse(`${reserved} belongs to the system of the kernel`);
  if (!posix.isAbsolute(source)) refuse('the source must be an absolute path');
}

/**
 * Whether a mount point can only be made inside the kernel: it lies in a folder that user code may have written, that is empty at
 * first, or that is itself a mount.
 */
export const isLateTarget = (target: string, mounts: readonly MountSpec[]): boolean =>
  ['/home/work', '/tmp', ...mounts.map((mount) => mount.target)].some(
    (folder) => folder !== target && isInside(target, folder),
  );
