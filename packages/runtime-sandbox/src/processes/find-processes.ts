import {
  childrenOf,
  hasEnvironmentEntry,
  identityOf,
  isAlive,
  listPids,
  namespaceOf,
  type ProcessIdentity,
  readProcessStat,
} from '@bai/linux';
import type { Book } from '../book/book.js';

/** Name of the variable that marks the host's processes of a kernel; its value is the folder of the book. */
export const MARK = 'BAI_SANDBOX';

/** The processes on the host's side that stand for a kernel. */
export interface HostProcesses {
  /** Everything found: the supervisor, the keeper, and what is just becoming one of them. */
  readonly all: readonly ProcessIdentity[];
  readonly keeper: ProcessIdentity | undefined;
}

/**
 * Finds what runs for a book. The files say it at once; where one is missing (the daemon or the supervisor died in that instant),
 * all processes are looked through for the mark.
 */
export function findHostProcesses(book: Book): HostProcesses {
  const { supervisor, keeper } = book;
  const written = [supervisor, keeper].filter((identity) => identity !== undefined);
  const all = supervisor !== undefined && keeper !== undefined ? written : [...written, ...findMarked(book.folder)];
  const alive = all.filter((identity) => isAlive(identity));
  return { all: alive, keeper: alive.find((identity) => isKeeper(identity, keeper)) };
}

function isKeeper(identity: ProcessIdentity, written: ProcessIdentity | undefined): boolean {
  if (written !== undefined) return identity.pid === written.pid;
  return readProcessStat(identity.pid)?.command === 'unshare';
}

/** Processes of the agent's own pid namespace with the mark: what runs inside kernels may call itself anything. */
function findMarked(folder: string): ProcessIdentity[] {
  const own = namespaceOf('self', 'pid');
  return listPids()
    .filter((pid) => namespaceOf(pid, 'pid') === own && hasEnvironmentEntry(pid, `${MARK}=${folder}`))
    .map((pid) => identityOf(pid))
    .filter((identity) => identity !== undefined);
}

/** Process 1 of a kernel, as the host numbers it. */
export function findInit(keeper: ProcessIdentity): ProcessIdentity | undefined {
  const own = namespaceOf('self', 'pid');
  const init = childrenOf(keeper.pid).find((pid) => namespaceOf(pid, 'pid') !== own);
  return init === undefined || !isAlive(keeper) ? undefined : identityOf(init);
}

/** All processes inside a kernel, as the host numbers them. */
export function findInside(keeper: ProcessIdentity): number[] {
  const init = findInit(keeper);
  const namespace = init && namespaceOf(init.pid, 'pid');
  return namespace === undefined ? [] : listPids().filter((pid) => namespaceOf(pid, 'pid') === namespace);
}
