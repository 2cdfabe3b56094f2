import { readFileSync } from 'node:fs';
import { errorCode } from '@bai/core';

/** What `/proc` and cgroupfs answer for something that has gone meanwhile (also half gone), or that this user may not see. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ESRCH', 'EACCES', 'EPERM', 'ENODEV', 'EOPNOTSUPP', 'EINVAL']);

/**
 * The text of a small kernel file, or undefined where it doesn't exist or may not be read. Synchronous, because files of
 * `/proc` and `/sys` are made in memory: a thread-pool round trip costs five times the read.
 */
export function readKernelFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (ABSENT.has(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** A kernel file that holds one whole number; undefined where there is none (also for `max`). */
export function readKernelNumber(path: string): number | undefined {
  const text = readKernelFile(path)?.trim();
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** A kernel file of `key value` lines, as `cpu.stat` or `memory.events`. Empty where there is none. */
export function readKernelTable(path: string): ReadonlyMap<string, number> {
  const rows = (readKernelFile(path) ?? '').split('\n').map((line) => line.split(/[\s:]+/));
  return new Map(
    rows.filter(([key]) => key !== undefined && key !== '').map(([key = '', value]) => [key, Number(value)]),
  );
}
