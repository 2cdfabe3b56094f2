import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKernel, type KernelSession, type RunEvent } from '@bai/agent-runtime';
import { poll } from '@bai/core';
import type { AgentClient } from '@bai/manager-rpc';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Dealer } from 'zeromq';
import { Daemon, freePort } from './support/daemon.js';
import { endKernels, runnerOf, tracesOf } from './support/traces.js';

let stateDir: string;
let daemon: Daemon;
let client: AgentClient;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'hostile-'));
  daemon = await Daemon.start({ stateDir, port: await freePort(), env: { BACKEND_CPU_OVERCOMMIT_FACTOR: '10' } });
  client = await daemon.client();
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
  endKernels(stateDir);
  await rm(stateDir, { recursive: true, force: true });
});

/** Whatever a test did: the daemon answers, new kernels work, and nothing of the old ones is left. */
afterEach(async () => {
  for (const kernel of await client.listKernels()) {
    await client.destroyKernel({ kernelId: kernel.kernelId, sessionId: null, reason: 'test', suppressEvents: true });
  }
  await using kernel = await newKernel();
  expect(await outputOf(kernel.run('echo alive'))).toMatchObject({ text: 'alive\n', exitCode: 0 });
  await kernel.destroy();
  // The record goes when its last event is delivered, a moment later.
  await expect.poll(() => tracesOf(stateDir)).toMatchObject({ processes: [], sockets: [], cgroups: [], files: [] });
});

const newKernel = (image = 'host/shell'): Promise<KernelSession> => createKernel(client, { image, mem: '256m' });

interface Output {
  bytes: number;
  text: string;
  dropped: number;
  exitCode: number | null | undefined;
}

/** Follows a run; keeps the newest thousand characters of its text. */
async function outputOf(events: AsyncIterable<RunEvent>): Promise<Output> {
  const output: Output = { bytes: 0, text: '', dropped: 0, exitCode: undefined };
  for await (const event of events) {
    if (event.type === 'stdout') {
      output.bytes += event.text.length;
      output.text = (output.text + event.text).slice(-1000);
    }
    if (event.type === 'dropped') output.dropped += event.bytes;
    if (event.type === 'finished') output.exitCode = event.exitCode;
  }
  return output;
}

/** The most that a process has ever held in memory. */
function peakMemoryMiB(pid: number): number {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(peak) / 1024;
}

describe('code that', () => {
  it('prints 100 MB on one line arrives whole, and the daemon stays small', { timeout: 120_000 }, async () => {
    await using kernel = await newKernel();
    const output = await outputOf(kernel.run("head -c 100000000 /dev/zero | tr '\\0' x; echo; echo end"));
    expect(output).toMatchObject({ exitCode: 0, dropped: 0, bytes: 100_000_005 });
    expect(output.text.endsWith('x\nend\n')).toBe(true);
    expect(peakMemoryMiB(daemon.pid)).toBeLessThan(400);
  });

  it('closes its stdout still ends', async () => {
    await using kernel = await newKernel();
    expect(await outputOf(kernel.run('exec 1>&- 2>&-; true'))).toMatchObject({ exitCode: expect.any(Number) });
  });

  it('prints 10,000 small messages loses none', async () => {
    await using kernel = await newKernel();
    const output = await outputOf(kernel.run('i=0; while [ $i -lt 10000 ]; do echo $i; i=$((i+1)); done'));
    expect(output).toMatchObject({ bytes: 48_890, dropped: 0, exitCode: 0 });
  });

  it('kills everything that it can see ends its kernel, which is told', async () => {
    const kernel = await newKernel();
    const run = outputOf(kernel.run('kill -9 -1; kill -9 1; sleep 30'));
    const ended = await run.then(
      (output) => `exit ${output.exitCode}`,
      (error: unknown) => String(error),
    );
    expect(ended).toMatch(/exit -9|KERNEL_|ended|not running|no kernel/);
  });

  it('loses its runner fails at once with a clear error, and the kernel is gone', async () => {
    const kernel = await newKernel();
    const run = outputOf(kernel.run('sleep 60'));
    await poll('the run', { timeoutMs: 5_000, intervalMs: 20 }, async () =>
      (await client.listKernels()).some((found) => found.activeRun !== null) ? true : undefined,
    );
    process.kill(runnerOf(stateDir, kernel.kernelId), 'SIGKILL');
    await expect(run).rejects.toThrow(/self-terminated|no kernel/);
    await poll('the end', { timeoutMs: 5_000, intervalMs: 20 }, async () =>
      (await client.listKernels()).length === 0 ? true : undefined,
    );
  });

  it('runs on when its client vanishes, and another client takes the run up', async () => {
    await using kernel = await newKernel();
    const runId = 'abandoned';
    const command = {
      kernelId: kernel.kernelId,
      runId,
      batch: { clean: '', build: '', exec: '' },
      cursor: 0,
      eager: true,
    };
    {
      await using visitor = await daemon.client();
      const code = 'for i in 1 2 3 4 5; do echo $i; sleep 0.1; done';
      await visitor.execute({ ...command, mode: 'query', code, flushTimeoutMs: 50 });
    }
    const rest = await client.execute({ ...command, mode: 'continue', code: '', eager: false, flushTimeoutMs: null });
    expect(rest).toMatchObject({ status: 'finished', console: [{ type: 'stdout', text: '1\n2\n3\n4\n5\n' }] });
  });
});

describe('a frame that', () => {
  const hostile: readonly (readonly [string, readonly (string | Buffer)[]])[] = [
    ['is empty', ['']],
    ['has no body', ['UPPER']],
    ['is no MessagePack', ['UPPER', Buffer.from('c1', 'hex'), Buffer.from('c1', 'hex')]],
    ['is a G2 request cut in half', [Buffer.from('85a4747970', 'hex'), Buffer.from('82a4', 'hex')]],
    ['has too many parts', Array.from({ length: 40 }, () => 'x')],
    ['claims a map of four billion entries', ['UPPER', Buffer.from('dfffffffff', 'hex'), 'x']],
  ];

  it.each(hostile)('%s harms nobody', async (_, frames) => {
    const dealer = new Dealer({ linger: 0 });
    dealer.connect(`tcp://${daemon.address}`);
    await dealer.send([...frames]);
    await dealer.send(['PING', 'a', 'b']);
    const answers: string[] = [];
    for (;;) {
      const answer = await dealer.receive();
      answers.push(answer.map(String).join(' '));
      if (answers.at(-1) === 'PONG a b') break;
    }
    dealer.close();
    expect(await client.info()).toMatchObject({ runtime: 'sandbox' });
  });
});
