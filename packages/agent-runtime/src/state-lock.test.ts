import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatIdentity, identityOf } from '@bai/linux';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateLock } from './state-lock.js';

let place: string;
let state: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'state-lock-'));
  state = join(place, 'deep/state');
});
afterEach(() => rm(place, { recursive: true, force: true }));

describe('StateLock', () => {
  it('belongs to one holder at a time, and is free again after disposal', async () => {
    const lock = await StateLock.acquire(state);
    await expect(StateLock.acquire(state)).rejects.toMatchObject({
      code: 'STATE_DIR_IN_USE',
      message: expect.stringContaining(`process id ${process.pid}`),
    });
    await lock[Symbol.asyncDispose]();
    expect(await readdir(state)).toEqual([]);
    await using _again = await StateLock.acquire(state);
  });

  it('is taken over from a process that is dead, even when its number is in use again', async () => {
    await (await StateLock.acquire(state))[Symbol.asyncDispose]();
    const own = identityOf(process.pid);
    if (own === undefined) throw new Error('no identity');
    await writeFile(join(state, 'lock'), formatIdentity({ ...own, startTicks: own.startTicks + 1 }));
    await using _lock = await StateLock.acquire(state);
    expect(await readFile(join(state, 'lock'), 'utf8')).toBe(formatIdentity(own));
  });

  it('respects a living process of another program', async () => {
    await (await StateLock.acquire(state))[Symbol.asyncDispose]();
    const other = spawn('sleep', ['30']);
    try {
      const identity = identityOf(other.pid ?? 0);
      if (identity === undefined) throw new Error('no identity');
      await writeFile(join(state, 'lock'), formatIdentity(identity));
      await expect(StateLock.acquire(state)).rejects.toMatchObject({ details: { pid: other.pid } });
    } finally {
      other.kill('SIGKILL');
      await once(other, 'exit');
    }
    await using _lock = await StateLock.acquire(state);
  });

  it('takes a lock that was cut in half for none', async () => {
    await (await StateLock.acquire(state))[Symbol.asyncDispose]();
    await writeFile(join(state, 'lock'), '12');
    await using _lock = await StateLock.acquire(state);
  });

  it('lets exactly one of many in at once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => StateLock.acquire(state)));
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });

  it('says what to do about a folder that it can not use', async () => {
    await writeFile(join(place, 'file'), '');
    await expect(StateLock.acquire(join(place, 'file'))).rejects.toMatchObject({
      code: 'STATE_DIR_UNUSABLE',
      message: expect.stringContaining('--state-dir'),
    });
  });
});
