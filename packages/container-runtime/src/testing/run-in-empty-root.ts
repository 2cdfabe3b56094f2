import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DisposalStack } from '@bai/core';
import type { RunnerFolder } from '../port.js';

const run = promisify(execFile);
/** In a mount namespace of its own: the folder appears at its mount point in an otherwise empty root. */
const ENTER = 'mount --bind "$1" "$2$3" && root="$2" && shift 3 && exec chroot "$root" "$@"';

/**
 * Runs a delivered folder's command where there is nothing but that folder. Where the machine lets nobody make such a place, runs it
 * from where it lies on the host, without an environment.
 */
export async function runInEmptyRoot(folder: RunnerFolder, args: readonly string[]): Promise<string> {
  await using stack = new DisposalStack();
  const root = await mkdtemp(join(tmpdir(), 'bai-root-'));
  stack.defer('root', () => rm(root, { recursive: true, force: true }));
  const options = { env: {}, cwd: root };
  const command = [...folder.command, ...args];
  if (!(await canMakeRoots())) {
    const [program = '', ...rest] = command.map((word) => word.replace(folder.mountPoint, folder.hostPath));
    return (await run(program, rest, options)).stdout;
  }
  await mkdir(join(root, folder.mountPoint), { recursive: true });
  const enter = ['-c', ENTER, 'enter', folder.hostPath, root, folder.mountPoint, ...command];
  return (await run('/usr/bin/unshare', [...namespaces(), '/bin/sh', ...enter], { ...options, env: { PATH } })).stdout;
}

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const namespaces = (): string[] => (process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--mount']);

export async function canMakeRoots(): Promise<boolean> {
  try {
    await run('/usr/bin/unshare', [...namespaces(), 'mount', '--bind', '/tmp', '/tmp'], { env: { PATH } });
    return true;
  } catch {
    return false;
  }
}
