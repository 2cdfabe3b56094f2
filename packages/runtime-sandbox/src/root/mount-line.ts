import { escapeMountPath, isInside, type Mount, mountOf } from '@bai/linux';

/** One line for `mount -a`: what appears where, in order. */
export interface MountLine {
  readonly source: string;
  /** Path in the kernel. */
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** Restrictions of a host's mount that a bind of it must keep: in a user namespace the kernel refuses to drop them. */
const KEPT_OPTIONS = ['ro', 'nosuid', 'nodev', 'noexec'];

/** Shows a folder or file of the host, with all mounts below it. The source is a real path, without links. */
export function bindLine(source: string, target: string, access: 'ro' | 'rw', mounts: readonly Mount[]): MountLine {
  const recursive = submounts(source, mounts).length > 0 ? 'rbind' : 'bind';
  return { source, target, type: 'none', options: [recursive, ...restrictions(mountOf(source, mounts), access)] };
}

/** A device file: the only thing in a kernel that may lie on a file system with devices. */
export const deviceLine = (name: string): MountLine => ({
  source: `/dev/${name}`,
  target: `/dev/${name}`,
  type: 'none',
  options: ['bind', 'nosuid', 'noexec'],
});

export const virtualLine = (type: 'proc' | 'tmpfs' | 'devpts', target: string, ...options: string[]): MountLine => ({
  source: type,
  target,
  type,
  options: ['nosuid', ...options],
});

function restrictions(mount: Mount | undefined, access: 'ro' | 'rw'): string[] {
  const kept = KEPT_OPTIONS.filter((option) => mount?.options.includes(option));
  return [...new Set([...(access === 'ro' ? ['ro'] : []), 'nosuid', 'nodev', ...kept])];
}

/** Mounts strictly below a folder. */
export const submounts = (source: string, mounts: readonly Mount[]): readonly Mount[] =>
  mounts.filter((mount) => mount.mountPoint !== source && isInside(mount.mountPoint, source));

/** Lines of an fstab. The prefixes say where source and target lie for the `mount` program that reads it. */
export const toFstab = (lines: readonly MountLine[], targetPrefix: string, sourcePrefix = ''): string =>
  lines
    .map(({ source, target, type, options }) => {
      const from = type === 'none' ? sourcePrefix + source : source;
      const to = target === '/' && targetPrefix !== '' ? targetPrefix : targetPrefix + target;
      return `${escapeMountPath(from)} ${escapeMountPath(to)} ${type} ${options.join(',')} 0 0\n`;
    })
    .join('');

/**
 * What a recursive bind leaves to be done: its flags reach the top only, and mounts below stay writable. One line per such
 * mount: options, and the path in the kernel with escapes for `printf %b`.
 */
export function toRemounts(lines: readonly MountLine[], mounts: readonly Mount[]): string {
  const remounts = lines
    .filter((line) => line.options.includes('rbind'))
    .flatMap((line) => {
      const access = line.options.includes('ro') ? 'ro' : 'rw';
      return submounts(line.source, mounts).map((mount) => {
        const target = line.target + mount.mountPoint.slice(line.source === '/' ? 0 : line.source.length);
        return `${restrictions(mount, access).join(',')} ${escapeForPrintf(target)}\n`;
      });
    });
  return [...new Set(remounts)].join('');
}

const escapeForPrintf = (path: string): string =>
  path.replace(/[\s\\]/g, (character) => `\\0${character.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** How many mounts the kernel will have when all goes as planned. */
export const countMounts = (lines: readonly MountLine[], mounts: readonly Mount[]): number =>
  lines.reduce(
    (sum, line) => sum + 1 + (line.options.includes('rbind') ? submounts(line.source, mounts).length : 0),
    0,
  );
