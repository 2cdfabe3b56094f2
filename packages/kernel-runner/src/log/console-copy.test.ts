import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConsoleCopy } from './console-copy.js';

const directory = mkdtempSync(join(tmpdir(), 'bai-console-'));
afterAll(() => rmSync(directory, { recursive: true }));

const fail = (message: string) => {
  throw new Error(message);
};

test.each(['a', 'w'])('keeps a console file (opened with %s) below its bound, with the newest lines', (flags) => {
  const path = join(directory, `console-${flags}`);
  const [stdout, stderr] = [openSync(path, flags), openSync(path, flags)];
  const copy = new ConsoleCopy(10_000, fail, { stdout, stderr });
  for (let i = 0; i < 2000; i += 1) copy.write(i % 3 === 0 ? 'stderr' : 'stdout', Buffer.from(`line ${i}\n`));
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(statSync(path).size).toBeLessThanOrEqual(10_000);
  expect(lines.length).toBeGreaterThan(300);
  expect(lines).toEqual(lines.map((_, index) => `line ${2000 - lines.length + index}`));
  closeSync(stdout);
  closeSync(stderr);
});

test('goes on when the console was closed', () => {
  const fd = openSync(join(directory, 'closed'), 'w');
  const reports: string[] = [];
  const copy = new ConsoleCopy(100, (message) => reports.push(message), { stdout: fd, stderr: 1023 });
  closeSync(fd);
  copy.write('stdout', Buffer.from('x'));
  copy.write('stdout', Buffer.from('y'));
  copy.write('stderr', Buffer.from('z'));
  expect(reports).toEqual([expect.stringContaining('EBADF')]);
});
