import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '@bai/core';

const BUILDING = '.building-';
/** No build takes this long: what is this old is nobody's, even when a process has its number. */
const ABANDONED_MS = 3_600_000;

/** A path for something unfinished, that names the process at work on it. */
export const temporaryPath = (directory: string): string =>
  join(directory, `${BUILDING}${process.pid}-${randomBytes(6).toString('hex')}`);

/** Takes away what processes that died have left unfinished. */
export async function removeAbandoned(directory: string): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await readdir(directory)) {
    const pid = name.startsWith(BUILDING) ? Number.parseInt(name.slice(BUILDING.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || ((await ageMs(join(directory, name))) < ABANDONED_MS && isAlive(pid))) continue;
    await rm(join(directory, name), { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

async function ageMs(path: string): Promise<number> {
  const status = await stat(path).catch(() => undefined);
  return status === undefined ? 0 : Date.now() - status.mtimeMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
