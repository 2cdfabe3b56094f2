import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKernel, FAIL_POINTS, type FailPoint } from '@bai/agent-runtime';
import { poll } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Daemon, freePort } from './support/daemon.js';
import { endKernels, NO_TRACES, tracesOf } from './support/traces.js';

let stateDir: string;
let port: number;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'crash-'));
  port = await freePort();
});
afterEach(async () => {
  endKernels(stateDir);
  await rm(stateDir, { recursive: true, force: true });
});

/** Starts a daemon that dies at the point, and lets one kernel come and go until it does. */
async function dieAt(point: FailPoint): Promise<void> {
  await using daemon = await Daemon.start({ stateDir, port, env: { BAI_AGENT_FAILPOINT: point } });
  await using client = await daemon.client();
  const attempt = (async () => {
    const kernel = await createKernel(client, { image: 'host/shell', mem: '128m' });
    await kernel.destroy();
  })();
  attempt.catch(() => undefined); // the call is cut off: that is what the test is about
  expect(await daemon.exited()).toBe(137);
}

it('would be seen: a living kernel leaves traces of every kind', async () => {
  await using daemon = await Daemon.start({ stateDir, port });
  await using client = await daemon.client();
  await using kernel = await createKernel(client, { image: 'host/shell', mem: '128m' });
  const { processes, sockets, files, cgroups } = tracesOf(stateDir);
  const [{ limits } = { limits: {} }] = await client.listKernels();
  expect(cgroups.length > 0).toBe(Object.values(limits).includes('enforced'));
  expect(processes.length).toBeGreaterThanOrEqual(3);
  expect(sockets.length).toBeGreaterThanOrEqual(2);
  expect(files.filter((file) => file.includes(kernel.kernelId)).map((file) => file.split('/')[0])).toEqual([
    'kernels',
    'scratches',
    'sandbox',
  ]);
  const { slots } = await client.info();
  expect(slots.some(({ available, total }) => available !== total)).toBe(true);
});

describe.each(FAIL_POINTS)('a daemon killed at %s', (point) => {
  it('loses and leaks nothing', async () => {
    await dieAt(point);
    await using daemon = await Daemon.start({ stateDir, port });
    await using client = await daemon.client();
    if (point === 'create.started') {
      // The kernel was told as started: it must be there, and work.
      const [kernel] = await client.listKernels();
      expect(kernel).toMatchObject({ state: 'running' });
      if (kernel !== undefined) {
        await client.destroyKernel({
          kernelId: kernel.kernelId,
          sessionId: null,
          reason: 'user-requested',
          suppressEvents: false,
        });
      }
    }
    expect(await client.listKernels()).toEqual([]);
    const traces = await poll('an empty place', { timeoutMs: 10_000, intervalMs: 50 }, () => {
      const found = tracesOf(stateDir);
      return JSON.stringify(found) === JSON.stringify(NO_TRACES) ? found : undefined;
    }).catch(() => tracesOf(stateDir));
    expect(traces).toEqual(NO_TRACES);
    const { slots } = await client.info();
    expect(slots.map(({ slot, available }) => [slot, available])).toEqual(
      slots.map(({ slot, total }) => [slot, total]),
    );
  });
});
