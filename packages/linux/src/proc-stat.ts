import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { LinuxError } from './errors.js';
import { readKernelFile } from './read-file.js';

/** The fields of `/proc/PID/stat` that are of use here. Times are in clock ticks of 10 ms (`USER_HZ` is 100 everywhere). */
export interface ProcessStat {
  readonly pid: number;
  /** Name of the program, at most 15 characters; any character may be in it. */
  readonly command: string;
  /** `R`, `S`, `D`, `Z` (ended, not yet collected), `T`, … */
  readonly state: string;
  readonly parentPid: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  /** Of children that ended and were waited for. */
  readonly childUserTicks: number;
  readonly childSystemTicks: number;
  /** Moment of the start, in ticks since boot. Together with the pid it names one process. */
  readonly startTicks: number;
}

export const TICK_MS = 10;

/** Parses the line of `/proc/PID/stat`. @throws {LinuxError} `LINUX_BAD_FORMAT` */
export function parseProcessStat(text: string): ProcessStat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')'); // the name itself may hold parentheses
  const fields = text
    .slice(close + 2)
    .trim()
    .split(' ');
  const [state] = fields;
  const number = (index: number): number => Number(fields[index - 3]); // numbered as in proc(5), where the state is 3
  const pid = Number(text.slice(0, open));
  if (
    open < 1 ||
    close < open ||
    state === undefined ||
    !Number.isSafeInteger(number(22)) ||
    !Number.isSafeInteger(pid)
  ) {
    throw new LinuxError('LINUX_BAD_FORMAT', `not a line of /proc/PID/stat: ${JSON.stringify(text.slice(0, 80))}`);
  }
  return {
    pid,
    command: text.slice(open + 1, close),
    state,
    parentPid: number(4),
    userTicks: number(14),
    systemTicks: number(15),
    childUserTicks: number(16),
    childSystemTicks: number(17),
    startTicks: number(22),
  };
}

/** Reads a process; undefined when there is none of that number. */
export function readProcessStat(pid: number, root = '/'): ProcessStat | undefined {
  const text = readKernelFile(join(root, 'proc', String(pid), 'stat'));
  return text === undefined || text === '' ? undefined : parseProcessStat(text);
}

/** Numbers of all processes that are visible here. */
export function listPids(root = '/'): number[] {
  return readdirSync(join(root, 'proc'))
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Children of a process, oldest first. */
export function childrenOf(pid: number, root = '/'): number[] {
  const tasks = readTasks(pid, root);
  const lists = tasks.map((task) => readKernelFile(join(root, 'proc', String(pid), 'task', task, 'children')));
  if (tasks.length > 0 && lists.every((list) => list !== undefined)) {
    return lists.flatMap((list) =>
      (list ?? '')
        .split(' ')
        .filter((item) => item !== '')
        .map(Number),
    );
  }
  return listPids(root).filter((candidate) => readProcessStat(candidate, root)?.parentPid === pid);
}

function readTasks(pid: number, root: string): string[] {
  try {
    return readdirSync(join(root, 'proc', String(pid), 'task'));
  } catch {
    return []; // the process has gone
  }
}

/** A namespace of a process as the kernel names it (`pid:[4026531836]`); undefined when gone or not ours to see. */
export function namespaceOf(
  pid: number | 'self',
  kind: 'pid' | 'mnt' | 'net' | 'user',
  root = '/',
): string | undefined {
  try {
    return readlinkSync(join(root, 'proc', String(pid), 'ns', kind));
  } catch {
    return undefined;
  }
}

/** Whether a process was started with this variable. False when that can't be read. */
export function hasEnvironmentEntry(pid: number, entry: string, root = '/'): boolean {
  const text = readKernelFile(join(root, 'proc', String(pid), 'environ'));
  return text?.split('\0').includes(entry) ?? false;
}
