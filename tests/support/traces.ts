import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '@bai/core';

/** What kernels and daemons over one state folder have left on this machine. Empty lists mean: nothing. */
export interface Traces {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly sockets: readonly string[];
  readonly cgroups: readonly string[];
  readonly files: readonly string[];
}

export const NO_TRACES: Traces = { processes: [], mounts: [], sockets: [], cgroups: [], files: [] };

/** Looks for traces; the delivered runner, the lock and the instance name belong to the agent and stay. */
export function tracesOf(stateDir: string): Traces {
  return {
    processes: processesOf(stateDir),
    mounts: linesOf('/proc/self/mounts', stateDir),
    sockets: socketsBelow(join(stateDir, 'sandbox')),
    cgroups: cgroupsOf(stateDir),
    files: kernelFiles(stateDir),
  };
}

function processesOf(stateDir: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
      const inside = command.includes(stateDir) || mountsInside(pid, stateDir);
      return inside && !command.includes('main.js start') ? [`${pid} ${command}`] : [];
    });
}

/** Ends what a failed test left running, so that it disturbs no other. */
export function endKernels(stateDir: string): void {
  for (const line of processesOf(stateDir)) {
    try {
      process.kill(Number.parseInt(line, 10), 'SIGKILL');
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error; // it ended with the one before
    }
  }
}

/** Process id of the runner of a kernel: the Node.js process that sees this kernel's folders. */
export function runnerOf(stateDir: string, kernelId: string): number {
  const pid = readdirSync('/proc').find(
    (name) =>
      /^\d+$/.test(name) &&
      /runner\.[cm]?js/.test(read(`/proc/${name}/cmdline`)) &&
      namespaceOf(name) !== namespaceOf('self') &&
      read(`/proc/${name}/mountinfo`).includes(join(stateDir, 'scratches', kernelId)),
  );
  if (pid === undefined) throw new Error(`no runner of kernel ${kernelId}`);
  return Number(pid);
}

/** A process inside a sandbox is known by what is mounted in its view, not by its command line. */
function mountsInside(pid: string, stateDir: string): boolean {
  if (namespaceOf(pid) === namespaceOf('self')) return false;
  return read(`/proc/${pid}/mountinfo`).includes(stateDir);
}

function namespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return namespaceOf('self');
  }
}

function linesOf(file: string, text: string): string[] {
  return read(file)
    .split('\n')
    .filter((line) => line.includes(text));
}

/** By file: a socket that was bound in another network namespace isn't in this one's list. */
function socketsBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isSocket())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Control groups carry a hash of the sandbox's folder, so that those of other agents don't count. */
function cgroupsOf(stateDir: string): string[] {
  const prefix = `bai-${createHash('sha256').update(join(stateDir, 'sandbox')).digest('hex').slice(0, 8)}-`;
  const found: string[] = [];
  const walk = (folder: string, depth: number) => {
    for (const name of foldersIn(folder)) {
      if (name.startsWith(prefix)) found.push(join(folder, name));
      else if (depth > 0 && isFolder(join(folder, name))) walk(join(folder, name), depth - 1);
    }
  };
  walk('/sys/fs/cgroup', 5);
  return found;
}

const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Files and folders named for a kernel, two levels deep. */
function kernelFiles(stateDir: string): string[] {
  const folders = ['kernels', 'scratches', 'sandbox'];
  const below = folders.flatMap((folder) => childrenOf(join(stateDir, folder)).map((name) => `${folder}/${name}`));
  const deeper = below.flatMap((folder) => foldersIn(join(stateDir, folder)).map((name) => `${folder}/${name}`));
  return [...below, ...deeper].filter((path) => /[0-9a-f]{8}-[0-9a-f]{4}[^/]*$/.test(path));
}

function foldersIn(path: string): string[] {
  return isFolder(path) ? childrenOf(path) : [];
}

function childrenOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process ended, or belongs to somebody else
  }
}
