import { join } from 'node:path';
import { errorCode } from '@bai/core';
import { readProcessStat } from './proc-stat.js';
import { readKernelFile } from './read-file.js';

/** Names one process for ever: process numbers are used again, and start times count from each boot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Ticks since boot, as in `/proc/PID/stat`. */
  readonly startTicks: number;
  readonly bootId: string;
}

/** The id of this boot of the machine. Empty where the kernel doesn't tell. */
export function readBootId(root = '/'): string {
  return readKernelFile(join(root, 'proc/sys/kernel/random/boot_id'))?.trim() ?? '';
}

/** The identity of a living process; undefined when there is none of that number. */
export function identityOf(pid: number, root = '/'): ProcessIdentity | undefined {
  const stat = readProcessStat(pid, root);
  return stat && { pid, startTicks: stat.startTicks, bootId: readBootId(root) };
}

/** True while exactly this process runs. A process that has ended and was not collected (a zombie) doesn't run. */
export function isAlive(identity: ProcessIdentity, root = '/'): boolean {
  const stat = readProcessStat(identity.pid, root);
  if (stat === undefined || stat.startTicks !== identity.startTicks || /^[ZXx]/.test(stat.state)) return false;
  return identity.bootId === readBootId(root);
}

/** Sends a signal to this process and no other. False when it doesn't run any more. Rejects nothing else than a missing right. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    throw error;
  }
}

/** `PID STARTTICKS BOOTID`: one line that a shell script can write. */
export const formatIdentity = (identity: ProcessIdentity): string =>
  `${identity.pid} ${identity.startTicks} ${identity.bootId}`;

/** Reads what {@link formatIdentity} wrote; undefined for anything else, as a line cut in half. */
export function parseIdentity(line: string): ProcessIdentity | undefined {
  const [, pid, startTicks, bootId] = /^(\d{1,10}) (\d{1,20}) ([0-9a-f-]{36})$/.exec(line.trim()) ?? [];
  if (pid === undefined || startTicks === undefined || bootId === undefined) return undefined;
  return { pid: Number(pid), startTicks: Number(startTicks), bootId };
}
