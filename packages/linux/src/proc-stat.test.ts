import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '@bai/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  childrenOf,
  hasEnvironmentEntry,
  listPids,
  namespaceOf,
  parseProcessStat,
  readProcessStat,
} from './proc-stat.js';

const line = (command: string): string =>
  `42 (${command}) S 7 42 42 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 1 0 987654 1000 2 18446744073709551615 1 1 0\n`;

describe('parseProcessStat', () => {
  it('reads the numbered fields of proc(5)', () => {
    expect(parseProcessStat(line('node'))).toEqual({
      pid: 42,
      command: 'node',
      state: 'S',
      parentPid: 7,
      userTicks: 11,
      systemTicks: 22,
      childUserTicks: 33,
      childSystemTicks: 44,
      startTicks: 987654,
    });
  });

  it('takes any program name, also with blanks, parentheses and line breaks', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 15 }), (command) => {
        expect(parseProcessStat(line(command))).toMatchObject({ command, state: 'S', startTicks: 987654 });
      }),
    );
    expect(parseProcessStat(line(') R 1 (')).command).toBe(') R 1 (');
  });

  it.each(['', '42', '42 (sh', '42 (sh) S 7', 'x (sh) S 1 2 3'])('refuses %j', (text) => {
    expect(() => parseProcessStat(text)).toThrowError(expect.objectContaining({ code: 'LINUX_BAD_FORMAT' }));
  });
});

describe('this machine', () => {
  it('shows this process', () => {
    expect(readProcessStat(process.pid)).toMatchObject({ pid: process.pid, parentPid: process.ppid });
    expect(listPids()).toContain(process.pid);
    expect(namespaceOf('self', 'pid')).toMatch(/^pid:\[\d+\]$/);
    expect(namespaceOf(process.pid, 'pid')).toBe(namespaceOf('self', 'pid'));
  });

  it('knows no process that has ended', async () => {
    const child = spawn('true');
    await once(child, 'exit');
    const pid = child.pid ?? 0;
    expect(readProcessStat(pid)).toBeUndefined();
    expect(childrenOf(pid)).toEqual([]);
    expect(namespaceOf(pid, 'pid')).toBeUndefined();
    expect(hasEnvironmentEntry(pid, 'A=1')).toBe(false);
  });

  it('finds children and their environment', async () => {
    const child = spawn('sleep', ['60'], { env: { MARK: 'a b', PATH: process.env['PATH'] } });
    const pid = child.pid ?? 0;
    try {
      expect(childrenOf(process.pid)).toContain(pid);
      await poll('exec', { timeoutMs: 5_000, intervalMs: 5 }, () => hasEnvironmentEntry(pid, 'MARK=a b') || undefined);
      expect(hasEnvironmentEntry(pid, 'MARK=a')).toBe(false);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });
});

describe('a kernel without lists of children', () => {
  const root = mkdtempSync(join(tmpdir(), 'bai-linux-'));
  afterEach(() => rmSync(root, { recursive: true }));

  it('finds them by their parent', () => {
    for (const [pid, parent] of [
      [1, 0],
      [5, 1],
      [6, 5],
      [7, 1],
    ]) {
      mkdirSync(join(root, `proc/${pid}/task/${pid}`), { recursive: true });
      writeFileSync(
        join(root, `proc/${pid}/stat`),
        line('x').replace('42 (', `${pid} (`).replace('S 7', `S ${parent}`),
      );
    }
    expect(childrenOf(1, root).sort()).toEqual([5, 7]);
    expect(childrenOf(6, root)).toEqual([]);
  });
});
