import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { cgroupEntrances, inheritableDescriptors } from '@bai/linux';
import type { Book } from '../book/book.js';
import type { BookRecord } from '../book/book-record.js';
import { namespaceArguments } from '../host/namespaces.js';
import type { HostProbe } from '../host/probe-host.js';
import { JAIL_SCRIPT } from '../scripts/init.js';
import { IN_KERNEL_HOME, PROGRAM_PATH } from '../scripts/places.js';
import type { ScriptFiles } from '../scripts/script-files.js';
import { MARK } from './find-processes.js';

/** Starts the supervisor of a container. It is in a session of its own and stays when this process ends. */
export async function launch(book: Book, record: BookRecord, scripts: ScriptFiles, host: HostProbe): Promise<void> {
  // Read, write and append: the runner keeps the size of its log bounded itself.
  const console = openSync(book.file('console'), 'a+', 0o600);
  const nothing = openSync('/dev/null', 'r+');
  try {
    const child = spawn('/bin/sh', [scripts.supervisor, ...record.command], {
      detached: true,
      stdio: ['ignore', console, console, ...withoutInherited(nothing)],
      cwd: '/',
      env: environmentOf(book, record, scripts, host),
    });
    await once(child, 'spawn');
    child.unref();
  } finally {
    closeSync(console);
    closeSync(nothing);
  }
}

/** From descriptor 3 on: puts nothing in the place of what the agent itself was started with, which no kernel may get. */
function withoutInherited(nothing: number): (number | 'ignore')[] {
  const inherited = new Set(inheritableDescriptors());
  const highest = Math.max(2, ...inherited);
  return Array.from({ length: highest - 2 }, (_, index) => (inherited.has(index + 3) ? nothing : 'ignore'));
}

/** The scripts' parameters, and the few variables that the runner keeps. Nothing of the agent's own environment. */
function environmentOf(book: Book, record: BookRecord, scripts: ScriptFiles, host: HostProbe): Record<string, string> {
  const { user, insideUser } = record;
  return {
    PATH: PROGRAM_PATH.join(':'),
    HOME: IN_KERNEL_HOME,
    USER: 'work',
    LOGNAME: 'work',
    LANG: 'C.UTF-8',
    SHELL: record.shell,
    [MARK]: book.folder,
    BAI_INIT: scripts.init,
    BAI_CGROUP_ENTRANCES: cgroupEntrances(record.cgroup).join('\n'),
    BAI_NAMESPACES: namespaceArguments(host.isRoot).join(' '),
    BAI_HOSTNAME: record.hostname,
    BAI_LOOPBACK: host.loopback ?? '',
    BAI_MOUNT_COUNT: String(record.mountCount),
    BAI_JAIL: host.jailWorks ? JAIL_SCRIPT : '',
    BAI_UID: user === null ? '' : String(user.uid),
    BAI_GID: user === null ? '' : String(user.gid),
    BAI_INSIDE_UID: String(insideUser.uid),
    BAI_INSIDE_GID: String(insideUser.gid),
    BAI_CPUSET: record.limits.cpuset !== null && record.enforcement.cpu === 'advisory' ? record.limits.cpuset : '',
    BAI_RLIMITS: record.resourceLimits,
    BAI_PATH: record.path,
  };
}
