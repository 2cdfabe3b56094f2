import type { ContainerUsage } from '@bai/container-runtime';
import { readCgroupUsage, readProcessStat, readProcessStatus, TICK_MS } from '@bai/linux';
import type { Book } from './book/book.js';
import type { BookRecord } from './book/book-record.js';
import { findHostProcesses, findInside } from './processes/find-processes.js';

/** Counters of a running container: from its control group, and where there is none, summed over its processes. */
export function readUsage(book: Book, record: BookRecord): ContainerUsage {
  const { cpuUsedMs, memoryBytes, memoryPeakBytes, processes } = readCgroupUsage(record.cgroup);
  if (cpuUsedMs !== null && memoryBytes !== null && processes !== null) {
    return { cpuUsedMs, memoryBytes, memoryPeakBytes, processes };
  }
  const sum = sumProcesses(book);
  return {
    cpuUsedMs: cpuUsedMs ?? sum.cpuUsedMs,
    memoryBytes: memoryBytes ?? sum.memoryBytes,
    memoryPeakBytes,
    processes: processes ?? sum.processes,
  };
}

/**
 * Processor time includes that of processes that ended and were waited for. Memory counts pages that processes share more than
 * once.
 */
function sumProcesses(book: Book): { cpuUsedMs: number; memoryBytes: number; processes: number } {
  const { keeper } = findHostProcesses(book);
  const pids = keeper === undefined ? [] : findInside(keeper);
  let [ticks, memoryBytes] = [0, 0];
  for (const pid of pids) {
    const stat = readProcessStat(pid);
    if (stat !== undefined) ticks += stat.userTicks + stat.systemTicks + stat.childUserTicks + stat.childSystemTicks;
    memoryBytes += readProcessStatus(pid)?.residentBytes ?? 0;
  }
  return { cpuUsedMs: ticks * TICK_MS, memoryBytes, processes: pids.length };
}
