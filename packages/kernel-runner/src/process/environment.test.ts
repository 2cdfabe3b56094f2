import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { childEnvironment, parseEnviron, workDirectory } from './environment.js';

const directory = mkdtempSync(join(tmpdir(), 'bai-env-'));
afterAll(() => rmSync(directory, { recursive: true }));
const silent = () => {};

test("children get the container's environment, the defaults, then environ.txt", () => {
  const file = join(directory, 'environ.txt');
  writeFileSync(file, 'A=1=2\nEMPTY=\nTERM=dumb\nLD_PRELOAD=/opt/kernel/hook.so\n\nÜ=ß\n');
  const own = { FROM_IMAGE: 'y', LANG: 'C', PATH: '/image/bin', BAI_ENVIRON_FILE: file };
  expect(childEnvironment(own, '/home/work', silent)).toEqual({
    FROM_IMAGE: 'y',
    LANG: 'C.UTF-8',
    HOME: '/home/work',
    TERM: 'dumb',
    USER: 'work',
    PATH: '/image/bin',
    A: '1=2',
    EMPTY: '',
    LD_PRELOAD: '/opt/kernel/hook.so',
    Ü: 'ß',
  });
});

test("what steers the runner itself doesn't reach user code", () => {
  const own = {
    NODE_OPTIONS: '--x',
    NODE_PATH: '/a',
    LD_LIBRARY_PATH: '/opt/lib',
    LD_PRELOAD: '/x.so',
    BAI_DRIVER: 'builtin',
    BAI_ENVIRON_FILE: join(directory, 'absent'),
  };
  const keys = Object.keys(childEnvironment(own, '/w', silent));
  expect(keys.sort()).toEqual(['HOME', 'LANG', 'PATH', 'TERM', 'USER']);
});

test('a PATH is there even when the image has none', () => {
  const { PATH } = childEnvironment({ BAI_ENVIRON_FILE: join(directory, 'absent') }, '/w', silent);
  expect(PATH).toContain('/usr/bin');
});

test('reading environ.txt ends at a line without "="', () => {
  const reports: string[] = [];
  expect(parseEnviron('A=1\nbroken\nB=2\n', (message) => reports.push(message))).toEqual({ A: '1' });
  expect(reports).toHaveLength(1);
});

test('a set working directory wins', () => {
  expect(workDirectory({ BAI_WORK_DIR: '/somewhere' })).toBe('/somewhere');
});
