import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeStatus, EXTENSION, EXTENSION_VERSION, recordBytes } from '@bai/kernel-protocol';
import { describe, expect, test } from 'vitest';
import { droppedBytes, type Peer, type Received, resultOf, TestRunner } from './testing/runner-peer.js';

const shell = { runtimeType: 'shell' } as const;

const isRecord = ({ frames, opcode }: Received) => frames.length === 3 && opcode !== EXTENSION.attached;
const stdout = (messages: readonly Received[]) =>
  messages
    .filter(({ opcode }) => opcode === 'stdout')
    .map(({ text }) => text)
    .join('');

/** Takes and releases record after record, to the end of the run. */
async function takeAll(peer: Peer): Promise<readonly Received[]> {
  const all: Received[] = [];
  while (all.at(-1)?.opcode !== 'finished') {
    all.push(...(await peer.until(isRecord)));
    const cursor = all.at(-1)?.cursor ?? 0;
    peer.ack({ received: cursor, released: cursor });
  }
  return all;
}

describe('our own wire', () => {
  test('is announced in status, and answers carry the tag of their request', async () => {
    await using runner = await TestRunner.start(shell);
    using peer = runner.connect();
    peer.send('status', '', 'tag 1');
    peer.send('get-apps', '', Buffer.from([0, 1, 2]));
    const [status, apps] = await peer.until(({ opcode }) => opcode === 'apps-result');
    expect(decodeStatus(status?.payload ?? Buffer.alloc(0)).extension).toBe(EXTENSION_VERSION);
    expect(status?.frames[2]?.toString()).toBe('tag 1');
    expect(apps?.frames[2]).toEqual(Buffer.from([0, 1, 2]));
  });

  test('numbers records without gaps and names their run', async () => {
    await using runner = await TestRunner.start(shell);
    using peer = runner.connect();
    const attached = await peer.attach();
    expect(attached).toMatchObject({ oldest: 0, end: 0, activeRun: null, queuedRuns: [] });
    await peer.run('echo one', 'r1');
    await peer.run('echo two; echo err >&2', 'r2');
    const records = peer.received.filter(isRecord);
    expect(records.map(({ runId }) => runId)).toEqual(['r1', 'r1', 'r2', 'r2', 'r2']);
    let cursor = 0;
    for (const record of records) {
      cursor += recordBytes(record.runId, record.payload.length);
      expect(record.cursor).toBe(cursor);
    }
  });

  test('a run that is at work or queued is not started twice', async () => {
    await using runner = await TestRunner.start(shell);
    using peer = runner.connect();
    await peer.attach();
    const code = 'echo begun; read x; echo done';
    for (let i = 0; i < 3; i += 1) peer.code(code, 'same');
    peer.code('echo second', 'other');
    await peer.until(({ opcode }) => opcode === 'waiting-input');
    peer.code(code, 'same');
    peer.code('echo second', 'other');
    expect(await peer.attach()).toMatchObject({ activeRun: 'same', queuedRuns: ['other'] });
    peer.send('input', 'x', 'same');
    await peer.until(({ opcode, runId }) => opcode === 'finished' && runId === 'other');
    await peer.run('echo last', 'last');
    const { cursor } = await peer.attach().then(({ end }) => ({ cursor: end }));
    expect(cursor).toBeGreaterThan(0);
    const all = await peer.until(({ opcode, runId }) => opcode === 'finished' && runId === 'last');
    expect(stdout(all)).toBe('begun\ndone\nsecond\nlast\n');
  });

  test('input for another run is void', async () => {
    await using runner = await TestRunner.start(shell);
    using peer = runner.connect();
    await peer.attach();
    peer.code('read x; echo "got $x"', 'r');
    await peer.until(({ opcode }) => opcode === 'waiting-input');
    peer.send('input', 'wrong', 'old run');
    peer.send('input', 'right', 'r');
    expect((await peer.finished()).stdout).toBe('got right\n');
  });

  test('an interrupt for another run is void', async () => {
    await using runner = await TestRunner.start(shell);
    using peer = runner.connect();
    await peer.attach();
    peer.code('echo begun; read x; echo "got $x"', 'r');
    await peer.until(({ opcode }) => opcode === 'waiting-input');
    peer.send('interrupt', '', 'old run');
    peer.send('input', 'x', 'r');
    expect(await peer.finished()).toMatchObject({ stdout: 'got x\n', exitCode: 0 });
  });
});

describe('an agent that comes back', () => {
  test('goes on where it was, while the run went on', async () => {
    await using runner = await TestRunner.start(shell);
    let cursor = 0;
    let epoch = '';
    const lines: string[] = [];
    {
      using first = runner.connect();
      epoch = (await first.attach()).epoch;
      first.code('i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo "line $i"; done; read end; echo end', 'r');
      const seen = await first.until(({ opcode }) => opcode === 'stdout');
      cursor = seen.at(-1)?.cursor ?? 0;
      lines.push(stdout(seen));
    }
    await runner.deserted();
    using second = runner.connect();
    expect(await second.attach({ cursor })).toMatchObject({ epoch, activeRun: 'r' });
    const rest = await second.until(({ opcode }) => opcode === 'waiting-input');
    lines.push(stdout(rest));
    second.send('input', '', 'r');
    lines.push((await second.finished()).stdout);
    expect(lines.join('')).toBe(`${Array.from({ length: 2000 }, (_, i) => `line ${i + 1}\n`).join('')}end\n`);
  });

  test('gets everything that was not released, and nothing that was', async () => {
    await using runner = await TestRunner.start(shell);
    let released = 0;
    {
      using first = runner.connect();
      await first.attach();
      released = (await first.run('echo one', 'a')).messages.at(-1)?.cursor ?? 0;
      await first.run('echo two', 'b');
      first.ack({ received: released, released });
      first.send('status', '');
      await first.until(({ opcode }) => opcode === 'status');
    }
    await runner.deserted();
    using second = runner.connect();
    expect(await second.attach()).toMatchObject({ oldest: released });
    const records = await second.until(({ opcode }) => opcode === 'finished');
    expect(records.map(({ runId }) => runId)).toEqual(['b', 'b']);
  });

  test('finds what the kernel printed before it ever came', async () => {
    await using runner = await TestRunner.start(shell);
    {
      using upstream = runner.connect();
      await upstream.run('echo early');
    }
    await runner.deserted();
    using peer = runner.connect();
    await peer.attach();
    expect((await peer.finished()).stdout).toBe('early\n');
  });

  test('gets no more than its window until it acknowledges', async () => {
    await using runner = await TestRunner.start(shell);
    using peer = runner.connect();
    const windowBytes = 50_000;
    await peer.attach({ windowBytes });
    peer.code('head -c 1000000 /dev/zero | tr "\\0" x', 'r');
    let acknowledged = 0;
    for (let total = 0; total < 1_000_000; ) {
      const [record] = await peer.until(({ opcode }) => opcode === 'stdout');
      if (record === undefined) throw new TypeError('nothing came');
      const single = recordBytes('r', record.payload.length);
      expect(record.cursor - acknowledged).toBeLessThanOrEqual(Math.max(windowBytes, single));
      total += record.payload.length;
      acknowledged = record.cursor;
      peer.ack({ received: acknowledged, released: acknowledged });
    }
    expect((await peer.finished()).exitCode).toBe(0);
  });
});

describe('a spool that is full', () => {
  test('makes the program wait; nothing is lost', async () => {
    await using runner = await TestRunner.start({ ...shell, spoolBytes: 256 * 1024 });
    using peer = runner.connect();
    await peer.attach({ windowBytes: 100_000 });
    peer.code('i=0; while [ $i -lt 40000 ]; do i=$((i+1)); echo "line number $i"; done', 'r');
    const records = await takeAll(peer);
    expect(droppedBytes(records)).toBe(0);
    expect(stdout(records)).toBe(Array.from({ length: 40_000 }, (_, i) => `line number ${i + 1}\n`).join(''));
  });

  test('still answers, and still takes an interrupt', async () => {
    await using runner = await TestRunner.start({ ...shell, spoolBytes: 128 * 1024 });
    using peer = runner.connect();
    await peer.attach({ windowBytes: 10_000 });
    peer.code('yes | head -c 100000000', 'r');
    const first = (await peer.until(({ opcode }) => opcode === 'stdout')).at(-1)?.cursor ?? 0;
    peer.send('status', '', 't');
    await peer.until(({ opcode }) => opcode === 'status');
    peer.send('interrupt', '', 'r');
    peer.ack({ received: first, released: first });
    const records = await takeAll(peer);
    expect(resultOf(records).exitCode).toBe(130);
    expect(stdout(records).length).toBeLessThan(10_000_000);
  });
});

test('malformed messages are dropped and the next one is answered', async () => {
  await using runner = await TestRunner.start(shell);
  using peer = runner.connect();
  peer.send('code');
  peer.send('a', 'b', 'c', 'd');
  peer.send(EXTENSION.attach, 'garbage');
  peer.send(EXTENSION.ack, 'short');
  peer.send('complete', '{');
  peer.send('start-service', '[]');
  peer.send('status', '');
  const answers = await peer.until(({ opcode }) => opcode === 'status');
  // A completion is always answered: who asked waits for it.
  expect(answers.map(({ opcode }) => opcode).sort()).toEqual(['completion', 'status']);
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends the runner with 0 and takes its children along', async (signal) => {
  await using runner = await TestRunner.start(shell);
  using peer = runner.connect();
  peer.code('sleep 1000 & echo $!; wait');
  const pid = Number((await peer.until(({ opcode }) => opcode === 'stdout'))[0]?.text);
  expect(process.kill(pid, 0)).toBe(true);
  expect(await runner.end(signal)).toBe(0);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('wrong arguments end it with 2 or 1 and a sentence', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bai-args-'));
  await expect(TestRunner.start({ runtimeType: 'cobol' })).rejects.toThrow('ended with 1');
  await expect(TestRunner.start({ ...shell, spoolBytes: 10 })).rejects.toThrow('ended with 1');
  const listen = { kind: 'unix', directory: `${directory}/${'long'.repeat(40)}` } as const;
  await expect(TestRunner.start({ ...shell, listen })).rejects.toThrow('ended with 1');
  rmSync(directory, { recursive: true });
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
