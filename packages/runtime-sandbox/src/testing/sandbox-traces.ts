import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelId } from '@bai/core';
import { detectCgroups, listCgroups, listPids, namespaceOf, readKernelFile, readMounts } from '@bai/linux';

/** What this machine shows of a kernel of the sandbox over a folder: processes, mounts, control groups, files, users. */
export function sandboxTraces(directory: string, kernelId: KernelId): string[] {
  return [
    ...listPids()
      .filter((pid) => pid !== process.pid && isOf(pid, kernelId))
      .map((pid) => `process ${pid}`),
    ...readMounts()
      .filter((mount) => mount.mountPoint.includes(kernelId))
      .map((mount) => `mount ${mount.mountPoint}`),
    ...listCgroups(detectCgroups(), 'bai-')
      .filter((name) => name.endsWith(kernelId))
      .map((name) => `cgroup ${name}`),
    ...listFolder(join(directory, 'containers'))
      .filter((name) => name.includes(kernelId))
      .map((name) => `file ${name}`),
    ...listFolder(join(directory, 'users'))
      .filter((name) => readKernelFile(join(directory, 'users', name)) === kernelId)
      .map((name) => `user ${name}`),
  ];
}

/** A process of the host's side has the book in its environment; one inside has it among its mounts. */
function isOf(pid: number, kernelId: KernelId): boolean {
  if (readKernelFile(`/proc/${pid}/stat`)?.includes(') Z ')) return false; // ended, and somebody else's to collect
  const isInside = namespaceOf(pid, 'mnt') !== namespaceOf('self', 'mnt');
  const text = readKernelFile(`/proc/${pid}/${isInside ? 'mountinfo' : 'environ'}`);
  return text?.includes(kernelId) ?? false;
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // nothing was made yet
  }
}
