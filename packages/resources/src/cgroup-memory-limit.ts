import { join, relative } from 'node:path';
import { isInside, type Mount, readKernelFile, readKernelNumber, readMounts } from '@bai/linux';

/**
 * The lowest memory limit of the cgroups that this process is in, in bytes; undefined when none limits it. Version 1 and 2.
 * Where the path of the group isn't below the mount (a container without a cgroup namespace), the mount itself is the group.
 */
export function readCgroupMemoryLimit(root = '/'): number | undefined {
  const groups = ownGroups(root);
  const limits = readMounts('self', root).flatMap((mount) => limitsUnder(mount, groups, root));
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function limitsUnder(mount: Mount, groups: ReadonlyMap<string, string>, root: string): number[] {
  if (mount.fsType === 'cgroup2') return limitsUpwards(mount, groups.get(''), 'memory.max', root);
  if (mount.fsType !== 'cgroup' || !mount.superOptions.includes('memory')) return [];
  return limitsUpwards(mount, groups.get('memory'), 'memory.limit_in_bytes', root);
}

function limitsUpwards(mount: Mount, path: string | undefined, file: string, root: string): number[] {
  const inside = path !== undefined && isInside(path, mount.root) ? relative(mount.root, path) : '';
  const parts = inside.split('/').filter((part) => part !== '');
  const folders = parts.map((_, index) => join(...parts.slice(0, index + 1)));
  return ['', ...folders].flatMap((folder) => readKernelNumber(join(root, mount.mountPoint, folder, file)) ?? []);
}

/** Controller, or empty text for version 2, to the path of the own group. */
function ownGroups(root: string): ReadonlyMap<string, string> {
  const lines = (readKernelFile(join(root, 'proc/self/cgroup')) ?? '').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      if (controllers === undefined || path === undefined) return [];
      return controllers.split(',').map((controller) => [controller, path] as const);
    }),
  );
}
