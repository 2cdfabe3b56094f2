import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasPython, have } from './testing/interpreters.js';
import { droppedBytes, type Peer, TestRunner } from './testing/runner-peer.js';

const python = { runtimeType: 'python', environment: { BAI_DRIVER: 'builtin' } } as const;
have(hasPython, 'python3');

/** Acknowledges everything as it comes, to the end of the run; keeps no output. */
async function drink(peer: Peer, runId: string): Promise<{ bytes: number; records: number; longest: number }> {
  let [bytes, records, longest] = [0, 0, 0];
  for (;;) {
    const [record] = await peer.until(() => true);
    if (record === undefined) continue;
    if (record.opcode === 'finished' && record.runId === runId) return { bytes, records, longest };
    bytes += record.opcode === 'stdout' ? record.payload.length : 0;
    longest = Math.max(longest, record.payload.length);
    records += 1;
    peer.forget();
    peer.ack({ received: record.cursor, released: record.cursor });
  }
}

const residentBytes = (pid: number | undefined) =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

test.skipIf(!hasPython)(
  '100 MB on one line arrive whole, with bounded memory',
  async () => {
    await using runner = await TestRunner.start({ ...python, spoolBytes: 16 * 1024 * 1024 });
    using peer = runner.connect();
    await peer.attach();
    peer.code('import sys\nfor i in range(100): n = sys.stdout.write("x" * 1_000_000)', 'r');
    const { bytes, longest } = await drink(peer, 'r');
    expect(bytes).toBe(100_000_000);
    expect(longest).toBeLessThanOrEqual(64 * 1024);
    expect(residentBytes(runner.process.pid)).toBeLessThan(250 * 1024 * 1024);
  },
  60_000,
);

test.skipIf(!hasPython)(
  'very many small messages become few records',
  async () => {
    await using runner = await TestRunner.start(python);
    using peer = runner.connect();
    await peer.attach();
    peer.code('for i in range(50_000): print(i, flush=True)', 'r');
    const { bytes, records } = await drink(peer, 'r');
    expect(bytes).toBe(Array.from({ length: 50_000 }, (_, i) => `${i}\n`).join('').length);
    expect(records).toBeLessThan(5000);
  },
  60_000,
);

test.skipIf(!hasPython)(
  'a program waits while no agent takes its output, and loses nothing',
  async () => {
    await using runner = await TestRunner.start({ ...python, spoolBytes: 256 * 1024 });
    using first = runner.connect();
    await first.attach({ windowBytes: 1000 });
    first.code('for i in range(60_000): print(i)', 'r');
    await first.until(({ opcode }) => opcode === 'stdout');
    first[Symbol.dispose]();
    await runner.deserted();
    using second = runner.connect();
    await second.attach();
    const { bytes } = await drink(second, 'r');
    expect(bytes).toBe(Array.from({ length: 60_000 }, (_, i) => `${i}\n`).join('').length);
    expect(droppedBytes(second.received)).toBe(0);
  },
  60_000,
);

test('output appears in the console too, which stays below its bound', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bai-console-'));
  const path = join(directory, 'console.log');
  const console = openSync(path, 'a');
  {
    const environment = { BAI_CONSOLE_BYTES: '20000' };
    await using runner = await TestRunner.start({ runtimeType: 'shell', environment, stdio: console });
    using peer = runner.connect();
    await peer.run('echo first; echo problem >&2');
    expect(readFileSync(path, 'utf8')).toContain('first\n');
    expect(readFileSync(path, 'utf8')).toContain('problem\n');
    await peer.run('i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo "line number $i"; done');
  }
  const text = readFileSync(path, 'utf8');
  expect(text.length).toBeLessThanOrEqual(20_000);
  expect(text).toContain('line number 5000\n');
  rmSync(directory, { recursive: true });
});
