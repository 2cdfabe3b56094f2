import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeCompletion, decodeStatus } from '@bai/kernel-protocol';
import { describe, expect, test } from 'vitest';
import { hasMake, hasPython, have } from './testing/interpreters.js';
import { type Peer, type Received, type RunnerOptions, TestRunner, vector } from './testing/runner-peer.js';

const builtin: RunnerOptions = { runtimeType: 'python', environment: { BAI_DRIVER: 'builtin' } };
const app: RunnerOptions = { runtimeType: 'app' };

/** Plays a recorded session of upstream's agent and runner: sends its requests, and returns what must come and what came. */
async function replay(peer: Peer, name: string): Promise<{ expected: string[][]; actual: string[][] }> {
  const expected: string[][] = [];
  for (const step of vector(name).sequence) {
    const frames = (step.frames_hex ?? []).map((hex) => Buffer.from(hex, 'hex'));
    if (step.dir === 'agent->runner') {
      // An input is the answer to what came before it.
      if (step.opcode === 'input') await peer.until(({ opcode }) => opcode === 'waiting-input');
      peer.send(...frames);
    } else {
      expected.push(frames.map((frame) => frame.toString('utf8')));
    }
  }
  const last = expected.at(-1)?.[0];
  if (last !== undefined) await peer.until(({ opcode }) => opcode === last);
  return { expected, actual: joined(peer.received) };
}

/** Output may be cut anywhere: pieces of one kind that follow each other count as one. */
function joined(messages: readonly Received[]): string[][] {
  const records: [string, string][] = [];
  for (const { opcode, text } of messages) {
    const last = records.at(-1);
    if (last?.[0] === opcode && opcode.startsWith('std')) last[1] += text;
    else records.push([opcode, text]);
  }
  return records;
}

describe.skipIf(!have(hasPython, 'python3'))('as upstream recorded it, with the built-in Python', () => {
  const exactly = ['query-print', 'query-expression', 'query-input', 'start-service-unknown', 'start-service-preopen'];
  test.each(exactly)('%s', async (name) => {
    await using runner = await TestRunner.start(builtin);
    using peer = runner.connect();
    const { expected, actual } = await replay(peer, name);
    expect(actual).toEqual(expected);
  });

  test.each(['batch-build-exec', 'batch-build-failure', 'exec-killed-by-signal'])('%s', async (name) => {
    await using runner = await TestRunner.start(builtin);
    using peer = runner.connect();
    const { expected, actual } = await replay(peer, name);
    expect(actual).toEqual(expected);
  });

  test('query-error: another form of the traceback, the same kinds of records', async () => {
    await using runner = await TestRunner.start(builtin);
    using peer = runner.connect();
    const { expected, actual } = await replay(peer, 'query-error');
    expect(actual.map(([opcode]) => opcode)).toEqual(expected.map(([opcode]) => opcode));
    expect(actual[0]?.[1]).toContain('ZeroDivisionError');
    expect(actual.at(-1)).toEqual(expected.at(-1));
  });

  test('completion: ours has suggestions', async () => {
    await using runner = await TestRunner.start(builtin);
    using peer = runner.connect();
    const { actual } = await replay(peer, 'completion');
    expect(decodeCompletion(Buffer.from(actual.at(-1)?.[1] ?? ''))).toContain('import');
  });

  test('interrupt: ends with an error and exit code 1', async () => {
    await using runner = await TestRunner.start(builtin);
    using peer = runner.connect();
    const { actual, expected } = await replay(peer, 'interrupt');
    expect(actual.map(([opcode]) => opcode)).toEqual(expected.map(([opcode]) => opcode));
    expect(actual[0]?.[1]).toContain('KeyboardInterrupt');
    expect(actual.at(-1)).toEqual(expected.at(-1));
  });
});

describe('as upstream recorded it, with any runtime', () => {
  test.each(['status', 'invalid-opcode'])('%s', async (name) => {
    await using runner = await TestRunner.start(app);
    using peer = runner.connect();
    const { expected, actual } = await replay(peer, name);
    expect(actual.map(([opcode]) => opcode)).toEqual(expected.map(([opcode]) => opcode));
    const status = decodeStatus(peer.received.at(-1)?.payload ?? Buffer.alloc(0));
    expect(status.startedAt).toBeGreaterThan(0);
    expect(status.startedAt).toBeLessThan(Number(process.hrtime.bigint()) / 1e9);
    expect(peer.received.at(-1)?.frames).toHaveLength(2);
  });

  test('query-without-jupyter', async () => {
    await using runner = await TestRunner.start(app);
    using peer = runner.connect();
    const { expected, actual } = await replay(peer, 'query-without-jupyter');
    expect(actual).toEqual(expected);
  });

  test('exec-command-not-found', async () => {
    // A folder of the path that may not be read makes some shells say "Permission denied" instead.
    await using runner = await TestRunner.start({ ...app, environment: { PATH: '/usr/bin:/bin' } });
    using peer = runner.connect();
    const { expected, actual } = await replay(peer, 'exec-command-not-found');
    expect(actual.map(([opcode]) => opcode)).toEqual(['stderr', 'finished']);
    expect(actual.at(-1)).toEqual(expected.at(-1));
    // The text is the shell's own.
    expect(actual[0]?.[1]).toMatch(/nosuchcommand.*not found/);
  });

  test('shutdown-service and event have no answer, and get-apps an empty one', async () => {
    await using runner = await TestRunner.start(app);
    using peer = runner.connect();
    for (const name of ['shutdown-service', 'event']) peer.send(name, '"x"');
    peer.send('get-apps', '');
    await peer.until(({ opcode }) => opcode === 'apps-result');
    expect(peer.received.map(({ opcode, text }) => [opcode, text])).toEqual([
      ['apps-result', '{"status": "done", "data": []}'],
    ]);
  });
});

describe('batch mode', () => {
  const prepare = (dir: string) => {
    writeFileSync(join(dir, 'main.sh'), 'echo main; exit 4');
    writeFileSync(join(dir, 'Makefile'), 'all:\n\t@echo made\n');
  };

  test('defaults of the shell runtime', async (context) => {
    if (!hasMake) context.skip('no make');
    await using runner = await TestRunner.start({ runtimeType: 'shell', prepare });
    using peer = runner.connect();
    for (const opcode of ['clean', 'build', 'exec']) peer.send(opcode, '*');
    const run = await peer.finished();
    expect(joined(run.messages)).toEqual([
      ['clean-finished', '{"exitCode": 0}'],
      ['stdout', 'made\n'],
      ['build-finished', '{"exitCode": 0}'],
      ['stdout', 'main\n'],
      ['finished', '{"exitCode": 4}'],
    ]);
  });

  test('a missing main file is 127, an exec after a failed build too, and only that one', async () => {
    await using runner = await TestRunner.start({ runtimeType: 'nodejs' });
    using peer = runner.connect();
    peer.send('exec', '*');
    expect((await peer.finished()).exitCode).toBe(127);
    peer.send('build', 'false');
    peer.send('exec', 'echo never');
    expect(await peer.finished()).toMatchObject({ exitCode: 127, stdout: '' });
    peer.send('exec', 'echo again $_BACKEND_BATCH_MODE');
    expect(await peer.finished()).toMatchObject({ exitCode: 0, stdout: 'again 1\n' });
  });

  test('an interrupt ends the command with what it started', async () => {
    await using runner = await TestRunner.start(app);
    using peer = runner.connect();
    peer.send('exec', 'echo begun; sleep 100; echo not reached');
    await peer.until(({ text }) => text === 'begun\n');
    peer.send('interrupt', '');
    expect(await peer.finished()).toMatchObject({ exitCode: -2, stdout: '' });
  });
});

test('bootstrap.sh runs before anything else, with the sockets bound', async () => {
  const prepare = (dir: string) => writeFileSync(join(dir, 'bootstrap.sh'), 'echo from bootstrap; X=1 exec true');
  await using runner = await TestRunner.start({ ...app, prepare });
  using peer = runner.connect();
  peer.send('exec', 'echo from exec');
  expect((await peer.finished()).stdout).toBe('from bootstrap\nfrom exec\n');
});

test('works over TCP', async () => {
  await using first = await TestRunner.start(app);
  const ports = first.process.pid ?? 1;
  const [inPort, outPort] = [20_000 + (ports % 10_000) * 2, 20_001 + (ports % 10_000) * 2];
  await using runner = await TestRunner.start({ ...app, listen: { kind: 'tcp', host: '127.0.0.1', inPort, outPort } });
  using peer = runner.connect({ input: `tcp://127.0.0.1:${inPort}`, output: `tcp://127.0.0.1:${outPort}` });
  expect((await peer.run('1')).exitCode).toBe(127);
});
