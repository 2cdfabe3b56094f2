import { join, relative } from 'node:path';
import { LinuxError } from './errors.js';
import { readKernelFile } from './read-file.js';

/** One mount, a line of `/proc/PID/mountinfo`. */
export interface Mount {
  readonly id: number;
  readonly parentId: number;
  /** `major:minor` of the file system. */
  readonly device: string;
  /** Folder of the file system that is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  /** Options of this mount: `ro`, `nosuid`, `noexec`, … */
  readonly options: readonly string[];
  readonly fsType: string;
  readonly source: string;
  /** Options of the file system. */
  readonly superOptions: readonly string[];
}

/** Undoes the `\040` escapes of mountinfo and of fstab. */
export const unescapeMountPath = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Escapes a path for a field of fstab. */
export const escapeMountPath = (path: string): string =>
  path.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** Parses `/proc/PID/mountinfo`. @throws {LinuxError} `LINUX_BAD_FORMAT` */
export function parseMountinfo(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine);
}

function parseLine(line: string): Mount {
  const fields = line.split(' ');
  const separator = fields.indexOf('-', 6); // optional fields stand between the sixth and the dash
  const [id, parentId, device, root, mountPoint, options] = fields;
  const [fsType, source, superOptions] = separator < 0 ? [] : fields.slice(separator + 1);
  if (
    device === undefined ||
    root === undefined ||
    mountPoint === undefined ||
    options === undefined ||
    fsType === undefined
  ) {
    throw new LinuxError('LINUX_BAD_FORMAT', `not a line of mountinfo: ${JSON.stringify(line.slice(0, 120))}`);
  }
  return {
    id: Number(id),
    parentId: Number(parentId),
    device,
    root: unescapeMountPath(root),
    mountPoint: unescapeMountPath(mountPoint),
    options: options.split(','),
    fsType,
    source: unescapeMountPath(source ?? ''),
    superOptions: (superOptions ?? '').split(','),
  };
}

/** The mounts that a process sees. */
export const readMounts = (pid: number | 'self' = 'self', root = '/'): Mount[] =>
  parseMountinfo(readKernelFile(join(root, 'proc', String(pid), 'mountinfo')) ?? '');

/** The mount that holds an absolute path: the longest mount point above it, the newest of equal ones. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    if (isInside(path, mount.mountPoint) && mount.mountPoint.length >= (found?.mountPoint.length ?? 0)) found = mount;
  }
  return found;
}

/** Whether an absolute path is a folder or something in it. Both are normalised. */
export function isInside(path: string, folder: string): boolean {
  const rest = relative(folder, path);
  return rest === '' || (rest !== '..' && !rest.startsWith('../'));
}
