import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ContainerSpec, RuntimeError } from '@bai/container-runtime';
import { toRunnerArguments } from '@bai/kernel-protocol';
import { type CgroupParent, planCgroup, readMemory, readMounts } from '@bai/linux';
import type { Book } from './book/book.js';
import type { BookRecord } from './book/book-record.js';
import { isProgram } from './images/find-programs.js';
import type { Interpreter } from './images/interpreter.js';
import { isInSystem } from './images/visible-folder.js';
import { planEnforcement, resourceLimitArguments } from './limits/limit-plan.js';
import { makeOwnEtc } from './root/etc.js';
import type { HostView } from './root/host-view.js';
import { planRoot, type RootPlan } from './root/root-plan.js';
import { makeSkeleton } from './root/skeleton.js';
import { IN_KERNEL_RUNNER_FOLDER, INSIDE_UID, PROGRAM_PATH, READY_FD } from './scripts/places.js';

/** What a container is made of besides its spec. */
export interface Surroundings {
  readonly view: HostView;
  readonly interpreter: Interpreter;
  /** User on the host, or null for the agent's own. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** The kernel can be given other user numbers than the host's. */
  readonly canMapUser: boolean;
  /** Resource limits count the processes of one kernel. */
  readonly canCountProcesses: boolean;
  readonly cgroupParents: readonly CgroupParent[];
  readonly cgroupName: string;
}

const DEFAULT_SHMEM_BYTES = 64 * 1024 * 1024;
const HOSTNAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/;

/**
 * Fills the book of a container that is being made. Nothing outside of the book is touched.
 *
 * @param book under its temporary name
 * @param named under the name that it will have, which the files inside use
 * @throws {RuntimeError} `CONTAINER_CREATE_FAILED`
 */
export function prepareContainer(book: Book, named: Book, spec: ContainerSpec, surroundings: Surroundings): void {
  if (!HOSTNAME.test(spec.hostname)) {
    throw new RuntimeError('CONTAINER_CREATE_FAILED', `${JSON.stringify(spec.hostname)} is not a host name`);
  }
  const { view, user } = surroundings;
  const plan = planRoot({
    view,
    interpreterFolders: surroundings.interpreter.folders,
    runnerFolder: spec.runner.folder,
    configDir: spec.configDir,
    workDir: spec.workDir,
    mounts: spec.mounts,
    tmpBytes: spec.limits.memoryBytes ?? Math.floor(readMemory().totalBytes / 2),
    shmemBytes: spec.limits.shmemBytes ?? DEFAULT_SHMEM_BYTES,
    skeleton: named.skeleton,
    runFolder: named.runFolder,
    hostMounts: readMounts(),
  });
  const record = toRecord(spec, surroundings, plan.mountCount);
  makeSkeleton(book.skeleton, view, plan.folders, makeOwnEtc({ ...record.insideUser, ...record }));
  writePlan(book, plan);
  mkdirSync(book.progressFolder, { mode: 0o700 });
  mkdirSync(book.runFolder, { mode: 0o700 });
  if (user !== null) chownSync(book.runFolder, user.uid, user.gid);
  book.write(record);
}

function writePlan(book: Book, plan: RootPlan): void {
  const files = {
    mounts: plan.fstab,
    'late-mounts': plan.lateFstab,
    'late-targets': plan.lateTargets,
    remounts: plan.remounts,
  } as const;
  for (const [name, text] of Object.entries(files))
    writeFileSync(book.file(name as keyof typeof files), text, { mode: 0o600 });
}

function toRecord(spec: ContainerSpec, surroundings: Surroundings, mountCount: number): BookRecord {
  const { interpreter, user, canMapUser, canCountProcesses, cgroupParents, cgroupName } = surroundings;
  const { cpus, cpuset, memoryBytes, processes } = spec.limits;
  const enforcement = planEnforcement(spec.limits, cgroupParents, canCountProcesses);
  return {
    version: 1,
    kernelId: spec.kernelId,
    containerId: randomBytes(16).toString('hex'),
    image: spec.image,
    labels: { ...spec.labels },
    hostname: spec.hostname,
    workDir: spec.workDir,
    user,
    insideUser: insideUser(spec, user, canMapUser),
    limits: {
      cpus: cpus ?? null,
      cpuset: cpuset ?? null,
      memoryBytes: memoryBytes ?? null,
      processes: processes ?? null,
    },
    enforcement: { ...enforcement },
    resourceLimits: resourceLimitArguments(spec.limits, enforcement),
    cgroup: planCgroup(cgroupParents, cgroupName).map((part) => ({ ...part, controllers: [...part.controllers] })),
    command: [...spec.runner.folder.command, ...runnerArguments(spec, interpreter)],
    path: pathFor(interpreter),
    shell: isProgram('/bin/bash') ? '/bin/bash' : '/bin/sh',
    mountCount,
  };
}

/** Without a map of users a kernel sees the host's numbers. */
function insideUser(
  spec: ContainerSpec,
  user: Surroundings['user'],
  canMapUser: boolean,
): { uid: number; gid: number } {
  if (canMapUser) return spec.user ?? { uid: INSIDE_UID, gid: INSIDE_UID };
  return user ?? { uid: 0, gid: 0 };
}

function runnerArguments({ runner }: ContainerSpec, interpreter: Interpreter): string[] {
  return toRunnerArguments({
    listen: { kind: 'unix', directory: IN_KERNEL_RUNNER_FOLDER },
    spoolFile: `${IN_KERNEL_RUNNER_FOLDER}/spool`,
    spoolBytes: runner.spoolBytes,
    readyFd: READY_FD,
    runtimeType: runner.runtimeType,
    runtimePath: runner.runtimePath ?? interpreter.path,
  });
}

/** The interpreter's own programs (`pip`, `npx`) come first where they lie outside of the system's folders. */
function pathFor({ path }: Interpreter): string {
  const own = isInSystem(path) ? [] : [dirname(path)];
  return [...own, '/usr/local/sbin', '/usr/local/bin', ...PROGRAM_PATH].join(':');
}
