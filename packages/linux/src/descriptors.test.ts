import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inheritableDescriptors } from './descriptors.js';

it('finds descriptors without the mark that closes them', () => {
  const root = mkdtempSync(join(tmpdir(), 'bai-linux-'));
  const folder = join(root, 'proc/self/fdinfo');
  mkdirSync(folder, { recursive: true });
  const entries = { 0: '0100002', 3: '02100002', 11: '0100000', 4: '0' };
  for (const [fd, flags] of Object.entries(entries))
    writeFileSync(join(folder, fd), `pos:\t0\nflags:\t${flags}\nmnt_id:\t9\n`);
  expect(inheritableDescriptors(root)).toEqual([4, 11]);
  rmSync(root, { recursive: true });
});

it('agrees with what a child of this process gets', () => {
  const script = 'ls /proc/self/fd';
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  const inherited = execFileSync('/bin/sh', ['-c', script], { stdio: [...stdio], encoding: 'utf8' });
  const own = inheritableDescriptors();
  expect(inherited.split('\n')).toEqual(expect.arrayContaining(own.map(String)));
});
