import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Children } from './children.js';
import { interrupt, justStarted, parseStat, uptimeTicks } from './interrupt.js';

const sh = (children: Children, script: string) =>
  children.spawn({
    file: '/bin/sh',
    args: ['-c', script],
    cwd: '/',
    environment: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });

test('finds the young programs of a group, without its leader and without older ones', async () => {
  const children = new Children();
  const child = sh(children, "sh -c 'echo $$; exec sleep 100'; exit 5");
  const printed = await new Promise<string>((resolve) =>
    child.process.stdout?.once('data', (it) => resolve(String(it))),
  );
  const now = uptimeTicks();
  expect(justStarted(child.process.pid, now, 6000)).toEqual([Number(printed)]);
  expect(justStarted(child.process.pid, now + 6000, 50)).toEqual([]);
  expect(justStarted(process.pid, now, 6000)).toEqual([]);
  child.signal('SIGKILL');
  await child.exited;
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
