import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Children } from './children.js';
import { interrupt, parseStat } from './interrupt.js';

const sh = (children: Children, script: string) =>
  children.spawn({
    file: '/bin/sh',
    args: ['-c', script],
    cwd: '/',
    environment: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });

test('reaches a program that ignored the first signal because it was just being started', async () => {
  const children = new Children();
  // The inner shell stands for the moment before a program runs: it loses the first signal.
  const child = sh(children, 'trap : INT; sh -c \'trap "trap - INT" INT; echo go; while :; do sleep 1; done\'; exit 5');
  await new Promise((resolve) => child.process.stdout?.once('data', resolve));
  interrupt(child, () => true);
  expect(await child.exited).toBe(5);
});

test('does not disturb what ran before, nor what is over', async () => {
  const children = new Children();
  const child = sh(
    children,
    'n=0; trap "n=\\$((n+1))" INT; echo go; i=0; while [ $i -lt 6 ]; do i=$((i+1)); sleep 0.1; done; exit $n',
  );
  await new Promise((resolve) => child.process.stdout?.once('data', resolve));
  interrupt(child, () => true);
  expect(await child.exited).toBe(1);
  interrupt(child, () => false);
});

test('reads /proc/PID/stat, whatever the name of the program', () => {
  const own = parseStat(readFileSync('/proc/self/stat', 'latin1'));
  expect(own.group).toBeGreaterThan(0);
  expect(own.began).toBeGreaterThan(0);
  const rest = Array.from({ length: 40 }, (_, index) => index);
  expect(parseStat(`7 (a) b) S ${rest.join(' ')}`)).toEqual({ group: 1, began: 18 });
  expect(parseStat('')).toEqual({ group: Number.NaN, began: Number.NaN });
});
