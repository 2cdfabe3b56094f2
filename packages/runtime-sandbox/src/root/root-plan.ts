import { realpathSync, statSync } from 'node:fs';
import type { MountSpec } from '@bai/agent-api';
import { RuntimeError } from '@bai/container-runtime';
import type { Mount } from '@bai/linux';
import { IN_KERNEL_CONFIG, IN_KERNEL_HOME, IN_KERNEL_RUNNER_FOLDER } from '../scripts/places.js';
import type { HostView } from './host-view.js';
import { bindLine, countMounts, deviceLine, type MountLine, toFstab, toRemounts, virtualLine } from './mount-line.js';
import { checkMountTarget, isLateTarget } from './mount-targets.js';

export interface RootRequest {
  readonly view: HostView;
  /** Folders of the image's interpreter outside of `/usr`. */
  readonly interpreterFolders: readonly string[];
  readonly runnerFolder: { readonly hostPath: string; readonly mountPoint: string };
  readonly configDir: string;
  readonly workDir: string;
  readonly mounts: readonly MountSpec[];
  /** Sizes of the kernel's file systems in memory. */
  readonly tmpBytes: number;
  readonly shmemBytes: number;
  /** The book's folder of the empty root file system, and of the runner's sockets. */
  readonly skeleton: string;
  readonly runFolder: string;
  /** The mounts of the host as this process sees them. */
  readonly hostMounts: readonly Mount[];
}

/** Everything that `init` mounts, in files that it reads. */
export interface RootPlan {
  /** For `mount -a` on the host's side. */
  readonly fstab: string;
  /** An fstab for mounts whose mount points are made inside, and their targets line by line. */
  readonly lateFstab: string;
  readonly lateTargets: string;
  readonly remounts: string;
  readonly mountCount: number;
  /** Mount points to prepare in the skeleton. */
  readonly folders: readonly string[];
}

/** Where the old root lies while late mounts are made. */
const OLD_ROOT = '/mnt';

/** Plans the root file system of one kernel. @throws {RuntimeError} `CONTAINER_CREATE_FAILED` */
export function planRoot(request: RootRequest): RootPlan {
  const bind = (source: string, target: string, access: 'ro' | 'rw') =>
    bindLine(realFolder(source, target), target, access, request.hostMounts);
  const taken = [request.runnerFolder.mountPoint, ...request.interpreterFolders];
  for (const mount of request.mounts) checkMountTarget(mount, taken);
  const byDepth = [...request.mounts].sort((a, b) => a.target.length - b.target.length);
  const isLate = (mount: MountSpec): boolean => isLateTarget(mount.target, request.mounts);
  const bindMount = ({ source, target, permission }: MountSpec): MountLine =>
    bind(source, target, permission === 'ro' ? 'ro' : 'rw');
  const late = byDepth.filter(isLate).map(bindMount);
  const lines = [
    bindLine(request.skeleton, '/', 'ro', request.hostMounts), // what a kernel writes lies in its home or in memory
    ...systemLines(request, bind),
    ...virtualLines(request),
    bind(request.workDir, IN_KERNEL_HOME, 'rw'),
    bind(request.configDir, IN_KERNEL_CONFIG, 'ro'),
    bind(request.runnerFolder.hostPath, request.runnerFolder.mountPoint, 'ro'),
    ...byDepth.filter((mount) => !isLate(mount)).map(bindMount),
  ];
  const all = [...lines, ...late];
  return {
    fstab: toFstab(lines, request.skeleton),
    lateFstab: toFstab(late, '', OLD_ROOT),
    lateTargets: late.map((line) => `${line.target}\n`).join(''),
    remounts: toRemounts(all, request.hostMounts),
    mountCount: countMounts(all, request.hostMounts),
    folders: lines.map((line) => line.target).filter((target) => target !== '/'),
  };
}

type Bind = (source: string, target: string, access: 'ro' | 'rw') => MountLine;

function systemLines({ view, interpreterFolders }: RootRequest, bind: Bind): MountLine[] {
  return [
    ...view.folders.map((folder) => bind(folder, folder, 'ro')),
    ...[...view.etc.folders].map(([name, source]) => bind(source, `/etc/${name}`, 'ro')),
    ...interpreterFolders.map((folder) => bind(folder, folder, 'ro')),
    ...view.devices.map(deviceLine),
  ];
}

function virtualLines({ tmpBytes, shmemBytes, runFolder, hostMounts }: RootRequest): MountLine[] {
  return [
    virtualLine('devpts', '/dev/pts', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'),
    virtualLine('tmpfs', '/dev/shm', 'nodev', 'mode=1777', `size=${shmemBytes}`),
    virtualLine('proc', '/proc', 'nodev', 'noexec'),
    virtualLine('tmpfs', '/tmp', 'nodev', 'mode=1777', `size=${tmpBytes}`),
    bindLine(runFolder, IN_KERNEL_RUNNER_FOLDER, 'rw', hostMounts),
  ];
}

function realFolder(source: string, target: string): string {
  let real: string;
  try {
    real = realpathSync(source);
  } catch (cause) {
    throw new RuntimeError('CONTAINER_CREATE_FAILED', `the folder ${source} for ${target} cannot be reached`, {
      cause,
    });
  }
  if (statSync(real).isDirectory()) return real;
  throw new RuntimeError('CONTAINER_CREATE_FAILED', `${source} for ${target} must be a folder`);
}
