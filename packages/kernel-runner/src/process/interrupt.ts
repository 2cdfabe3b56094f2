import { readdirSync, readFileSync } from 'node:fs';
import { systemCode } from '../errors.js';
import type { Child } from './children.js';

const AGAIN_MS = 100;
/** Clock ticks of 10 ms, in which the kernel tells when a process began. */
const TICKS_PER_SECOND = 100;
/** On a busy machine it can take so long until a program really runs; one as young as this has nothing to clean up yet. */
const YOUNG_TICKS = 50;

/**
 * Sends SIGINT to a child and all that it started. A shell that is starting a program at that moment can lose the signal for it, and then
 * waits for a program that never heard of the interrupt: what had just been started gets it once more, if `isRunning` still says so.
 */
export function interrupt(child: Child, isRunning: () => boolean): void {
  const now = uptimeTicks();
  child.signal('SIGINT');
  setTimeout(() => {
    if (!isRunning()) return;
    for (const pid of justStarted(child.process.pid, now, YOUNG_TICKS)) signal(pid);
  }, AGAIN_MS).unref();
}

/** Ticks since the system started. */
export function uptimeTicks(): number {
  return Math.floor(Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * TICKS_PER_SECOND);
}

/** Members of a process group, but its leader, that began right before the tick `now`. */
export function justStarted(group: number | undefined, now: number, youngTicks: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), ...parseStat(readStat(name)) }))
    .filter((process) => process.group === group && process.pid !== group)
    .filter(({ began }) => began >= now - youngTicks && began <= now + 1)
    .map(({ pid }) => pid);
}

/** Process group and start time out of `/proc/PID/stat`. The name in it may hold anything, also blanks and brackets. */
export function parseStat(stat: string): { readonly group: number; readonly began: number } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { group: Number(fields[2]), began: Number(fields[19]) };
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(systemCode(error))) return '';
    throw error;
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
