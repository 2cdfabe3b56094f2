import { expect, test } from 'vitest';
import { ConsoleCopy } from '../log/console-copy.js';
import { OutputLog } from '../log/output-log.js';
import { isGap, Spool } from '../log/spool.js';
import { temporaryRing } from '../testing/ring-files.js';
import { Children } from './children.js';
import { makePipes } from './pipe.js';
import { UserOutput } from './user-output.js';

const environment = { PATH: process.env['PATH'] ?? '' };

async function open(shell?: string) {
  const ring = temporaryRing(8 * 1024 * 1024);
  const spool = new Spool(ring);
  const log = new OutputLog(spool, new ConsoleCopy(1000, () => {}, { stdout: 1023, stderr: 1023 }), () => {});
  const children = new Children();
  const pipes = await makePipes(shell);
  const output = new UserOutput(log, children, '/', () => 'r', pipes);
  const text = (opcode: string) => {
    log.control('finished', 'r', Buffer.from(''));
    let all = '';
    for (let item = spool.next(spool.released); item !== undefined; item = spool.next(item.end)) {
      if (!isGap(item) && item.opcode === opcode) all += item.payload.toString();
    }
    return all;
  };
  return {
    pipes,
    output,
    children,
    text,
    sh: (script: string) => output.spawn({ file: '/bin/sh', args: ['-c', script], environment, extra: [] }),
    async [Symbol.asyncDispose]() {
      await children.stop();
      for (const pipe of pipes ?? []) pipe.reader.destroy();
      ring[Symbol.dispose]();
    },
  };
}

test('all that a program wrote is in the log when it was drained', async () => {
  await using it = await open();
  expect(it.pipes).toBeDefined();
  for (let i = 0; i < 20; i += 1) {
    expect(await it.sh(`head -c 200000 /dev/zero | tr '\\0' x; echo end ${i}; echo err >&2`).exited).toBe(0);
    await it.output.drained();
    expect(it.text('stdout').endsWith(`end ${i}\n`)).toBe(true);
    expect(it.text('stderr')).toBe('err\n'.repeat(i + 1));
  }
});

test('programs can open /dev/stdout and /dev/stderr again', async () => {
  await using it = await open();
  expect(await it.sh('echo out > /dev/stdout; echo err > /dev/stderr').exited).toBe(0);
  await it.output.drained();
  expect([it.text('stdout'), it.text('stderr')]).toEqual(['out\n', 'err\n']);
});

test('sockets do where no shell can make pipes', async () => {
  await using it = await open('/does/not/exist');
  expect(it.pipes).toBeUndefined();
  expect(await it.sh('echo out; echo err >&2; exit 3').exited).toBe(3);
  await it.output.drained();
  expect([it.text('stdout'), it.text('stderr')]).toEqual(['out\n', 'err\n']);
});

test('one that writes for ever does not hold up the drain', async () => {
  await using it = await open();
  const child = it.sh('while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done');
  await it.output.drained();
  child.signal('SIGKILL');
  expect(await child.exited).toBe(-9);
});

test('exit codes are those of a shell, negative for signals, 127 and 126 for what cannot start', async () => {
  await using it = await open();
  const start = (file: string) => it.output.spawn({ file, args: [], environment, extra: [] });
  expect(await it.sh('kill -TERM $$').exited).toBe(-15);
  expect(await start('/does/not/exist').exited).toBe(127);
  expect(await start('/etc/passwd').exited).toBe(126);
});

test('stop ends what ignores SIGTERM, with what it started', async () => {
  await using it = await open();
  const stubborn = it.sh('trap "" TERM; echo ready; sleep 100 & wait; wait; sleep 100');
  for (let text = ''; !text.includes('ready'); text = it.text('stdout')) await it.output.drained();
  await it.children.stop();
  expect(await stubborn.exited).toBe(-9);
});
