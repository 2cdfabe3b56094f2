import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { poll } from '@bai/core';
import { describe, expect, it } from 'vitest';
import { readProcessStat } from './proc-stat.js';
import {
  formatIdentity,
  identityOf,
  isAlive,
  type ProcessIdentity,
  parseIdentity,
  signalProcess,
} from './process-identity.js';

function own(): ProcessIdentity {
  const identity = identityOf(process.pid);
  if (identity === undefined) throw new Error('this process has no identity');
  return identity;
}

describe('identity', () => {
  it('survives its text form', () => expect(parseIdentity(`${formatIdentity(own())}\n`)).toEqual(own()));

  it.each(['', '12', '12 34', '12 34 0cafe', `x 1 ${'a'.repeat(36)}`, `1 2 ${'a'.repeat(36)} more`])(
    'refuses %j',
    (line) => {
      expect(parseIdentity(line)).toBeUndefined();
    },
  );

  it('is alive for this process', () => expect(isAlive(own())).toBe(true));

  it('is dead for the same number with another start or another boot', () => {
    expect(isAlive({ ...own(), startTicks: own().startTicks + 1 })).toBe(false);
    expect(isAlive({ ...own(), bootId: '00000000-0000-0000-0000-000000000000' })).toBe(false);
  });

  it('has none where no process is', () => expect(identityOf(2 ** 30)).toBeUndefined());
});

describe('signalProcess', () => {
  it('ends the process that is meant, and says when it is gone', async () => {
    const child = spawn('sleep', ['60']);
    const identity = identityOf(child.pid ?? 0);
    if (identity === undefined) throw new Error('the child has no identity');
    expect(signalProcess({ ...identity, startTicks: 1 }, 'SIGKILL')).toBe(false);
    expect(isAlive(identity)).toBe(true);
    expect(signalProcess(identity, 'SIGKILL')).toBe(true);
    await once(child, 'exit');
    expect(signalProcess(identity, 'SIGKILL')).toBe(false);
  });
});

it('counts a process that nobody collected as dead', async () => {
  // The shell becomes `sleep`, which never waits for the child that it inherits.
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(chunk.toString());
    await poll(
      'the zombie',
      { timeoutMs: 5_000, intervalMs: 5 },
      () => readProcessStat(pid)?.state === 'Z' || undefined,
    );
    const identity = identityOf(pid);
    expect(identity !== undefined && isAlive(identity)).toBe(false);
    expect(identity).toBeDefined();
  } finally {
    parent.kill();
    await once(parent, 'exit');
  }
});
