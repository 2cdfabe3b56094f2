import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKernel, type KernelSession, type RunEvent } from '@bai/agent-runtime';
import { poll } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Daemon, freePort } from './support/daemon.js';
import { endKernels, NO_TRACES, runnerOf, tracesOf } from './support/traces.js';

const KERNELS = 5;
const LINES = 60;
/** More kernels than this machine has cores. */
const SHARED_CORES = { BACKEND_CPU_OVERCOMMIT_FACTOR: '10' };
/** Prints numbered lines for about six seconds: before, during and after the outage. */
const NUMBERED = `i=1; while [ $i -le ${LINES} ]; do echo "line $i"; sleep 0.1; i=$((i+1)); done`;

let stateDir: string;
let port: number;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'recovery-'));
  port = await freePort();
});
afterEach(async () => {
  endKernels(stateDir);
  await rm(stateDir, { recursive: true, force: true });
});

interface Transcript {
  text: string;
  dropped: number;
  exitCode: number | null | undefined;
}

/** Follows a run to its end, through whatever happens to the daemon meanwhile. */
async function follow(events: AsyncIterable<RunEvent>, transcript: Transcript): Promise<Transcript> {
  for await (const event of events) {
    if (event.type === 'stdout') transcript.text += event.text;
    if (event.type === 'dropped') transcript.dropped += event.bytes;
    if (event.type === 'finished') transcript.exitCode = event.exitCode;
  }
  return transcript;
}

describe('a daemon killed with kernels in mid-run', () => {
  it('adopts them, and every line reaches the client once; a runner that died meanwhile is told once', {
    timeout: 120_000,
  }, async () => {
    const transcripts: Transcript[] = [];
    const runs: Promise<Transcript>[] = [];
    const sessions: KernelSession[] = [];
    const first = await Daemon.start({ stateDir, port, env: SHARED_CORES });
    await using client = await first.client();
    for (let index = 0; index < KERNELS + 1; index += 1) {
      const session = await createKernel(client, { image: 'host/shell', mem: '128m' });
      const transcript: Transcript = { text: '', dropped: 0, exitCode: undefined };
      sessions.push(session);
      transcripts.push(transcript);
      runs.push(follow(session.run(NUMBERED), transcript));
    }
    runs.at(-1)?.catch(() => undefined); // the kernel whose runner is killed
    await poll('output of each kernel', { timeoutMs: 20_000, intervalMs: 20 }, () =>
      transcripts.every(({ text }) => text.includes('line 5\n')) ? true : undefined,
    );

    expect(await first.signal('SIGKILL')).toBe(137);
    const doomed = sessions[KERNELS];
    if (doomed === undefined) throw new Error('no kernel to kill');
    process.kill(runnerOf(stateDir, doomed.kernelId), 'SIGKILL');

    await using second = await Daemon.start({ stateDir, port, env: SHARED_CORES });
    const adopted = await client.listKernels();
    expect(adopted.map((kernel) => kernel.kernelId).sort()).toEqual(
      sessions
        .slice(0, KERNELS)
        .map((session) => session.kernelId)
        .sort(),
    );
    const wanted = Array.from({ length: LINES }, (_, index) => `line ${index + 1}\n`).join('');
    for (const run of runs.slice(0, KERNELS)) {
      expect(await run).toEqual({ text: wanted, dropped: 0, exitCode: 0 });
    }
    const told = second.log
      .split('\n')
      .filter((line) => /kernel ended(?! by itself)/.test(line) && line.includes(doomed.kernelId));
    expect(told).toHaveLength(1);

    for (const session of sessions.slice(0, KERNELS)) await session.destroy();
    const { slots } = await client.info();
    expect(slots.map(({ available }) => available)).toEqual(slots.map(({ total }) => total));
    // The records go when their last events are delivered, a moment later.
    await expect.poll(() => tracesOf(stateDir)).toEqual(NO_TRACES);
  });
});
