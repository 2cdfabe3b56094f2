import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BugError, describeError, errorCode } from '@bai/core';
import { formatIdentity, identityOf, isAlive, parseIdentity } from '@bai/linux';
import { AgentRuntimeError } from './errors.js';

/**
 * Makes a state folder belong to this process alone. A lock of a dead process is taken over; that of a living one is an error that
 * names the process.
 */
export class StateLock implements AsyncDisposable {
  readonly #path: string;
  readonly #text: string;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  /** @throws {AgentRuntimeError} `STATE_DIR_UNUSABLE`, `STATE_DIR_IN_USE` */
  static async acquire(stateDir: string): Promise<StateLock> {
    const path = join(stateDir, 'lock');
    const own = `${path}.${randomBytes(4).toString('hex')}`;
    const text = ownIdentity();
    try {
      await mkdir(stateDir, { recursive: true, mode: 0o700 });
      await writeFile(own, text, { mode: 0o600 });
    } catch (cause) {
      throw new AgentRuntimeError(
        'STATE_DIR_UNUSABLE',
        `the state folder ${stateDir} can't be written: choose another with --state-dir, or make it writable (${describeError(cause)})`,
        { cause },
      );
    }
    try {
      await claim(stateDir, path, own);
    } finally {
      await rm(own, { force: true });
    }
    return new StateLock(path, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if ((await readText(this.#path)) === this.#text) await rm(this.#path, { force: true });
  }
}

/** `link` fails when the lock exists, and two processes can't both succeed. */
async function claim(stateDir: string, path: string, own: string): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    try {
      return await link(own, path);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const text = await readText(path);
    // A lock that a crash cut in half holds nothing.
    const holder = parseIdentity(text ?? '');
    if (holder !== undefined && isAlive(holder)) {
      throw new AgentRuntimeError(
        'STATE_DIR_IN_USE',
        `the state folder ${stateDir} belongs to the running agent with process id ${holder.pid}: stop that agent or choose another folder with --state-dir`,
        { details: { stateDir, pid: holder.pid } },
      );
    }
    await removeStale(path, text, `${own}.stale`);
  }
  throw new AgentRuntimeError(
    'STATE_DIR_IN_USE',
    `the lock of the state folder ${stateDir} keeps changing hands: try again`,
  );
}

/** Moves the dead lock away first: if another process was faster, what we moved is its new lock and goes back. */
async function removeStale(path: string, text: string | undefined, aside: string): Promise<void> {
  try {
    await rename(path, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readText(aside)) !== text) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function ownIdentity(): string {
  const identity = identityOf(process.pid);
  if (identity === undefined) throw new BugError('this process does not find itself in /proc');
  return formatIdentity(identity);
}
