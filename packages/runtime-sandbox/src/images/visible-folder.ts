import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isInside } from '@bai/linux';

/** Shown in every kernel. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib64'];
/** A kernel has its own of these, so that nothing of the host's can appear in them. */
export const OWN_PLACES = [
  '/dev',
  '/etc',
  '/home/config',
  '/home/work',
  '/mnt',
  '/proc',
  '/run',
  '/sys',
  '/tmp',
  '/var/tmp',
];

export const isInSystem = (path: string): boolean => SYSTEM.some((folder) => isInside(path, folder));

/** Who will run the interpreter: a user of no group here, or the agent's own user. */
export interface Reader {
  readonly isOther: boolean;
  /** Folders that no kernel may see, as the agent's state. */
  readonly hidden: readonly string[];
  /** Places of which kernels have their own. */
  readonly taken: readonly string[];
}

/**
 * Whether a folder with an interpreter can be shown to kernels: it may be read by them, it isn't a home or wider, and a kernel
 * has nothing else at its place. A private folder above it is no obstacle, since only the folder itself is shown.
 */
export function canShow(folder: string, reader: Reader): boolean {
  if (isTooWide(folder, reader.hidden) || reader.taken.some((own) => isInside(folder, own) || isInside(own, folder)))
    return false;
  return canRead(folder, reader);
}

const isTooWide = (folder: string, hidden: readonly string[]): boolean =>
  folder.split('/').length < 3 || [homedir(), ...hidden].some((path) => isInside(path, folder));

/** Whether the kernel's user may read and enter a file or folder, seen by its own mode only. */
export function canRead(path: string, reader: Reader): boolean {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return false;
  const needed = info.isDirectory() ? 0o5 : 0o4;
  return !reader.isOther || (info.mode & needed) === needed;
}
