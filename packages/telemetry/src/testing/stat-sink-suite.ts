import type { KernelStats } from '@bai/agent-api';
import { type KernelId, newKernelId, poll } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StatSink } from '../stat-sink.js';

/** A sink and what a reader at its other end sees. */
export interface StatSinkHarness extends AsyncDisposable {
  readonly sink: StatSink;
  newest(kernelId: KernelId): KernelStats | undefined | Promise<KernelStats | undefined>;
}

const WAIT = { timeoutMs: 10_000, intervalMs: 5 };

/** A sample of a kernel. */
export const exampleStats = (kernelId: KernelId, at: number): KernelStats => ({
  kernelId,
  at,
  cpuUsedMs: 12.5,
  memoryBytes: 1024,
  memoryPeakBytes: 2048,
  processes: 3,
  scratchBytes: null,
});

/** The contract of {@link StatSink}: every implementation passes it. */
export function describeStatSink(name: string, open: () => Promise<StatSinkHarness>): void {
  describe(`${name} as a StatSink`, () => {
    let harness: StatSinkHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness[Symbol.asyncDispose]());

    const seen = (kernelId: KernelId, at: number) =>
      poll('the sample', WAIT, async () => {
        const stats = await harness.newest(kernelId);
        return stats?.at === at ? stats : undefined;
      });

    it('has a kind', () => {
      expect(harness.sink.kind).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    it('shows the newest sample of each kernel', async () => {
      const [a, b] = [newKernelId(), newKernelId()];
      harness.sink.publish(exampleStats(a, 1));
      harness.sink.publish(exampleStats(b, 1));
      harness.sink.publish(exampleStats(a, 2));
      expect(await seen(a, 2)).toEqual(exampleStats(a, 2));
      expect(await seen(b, 1)).toEqual(exampleStats(b, 1));
    });

    it('knows nothing of a kernel that was never published', async () => {
      expect(await harness.newest(newKernelId())).toBeUndefined();
    });

    it('takes a kernel that is forgotten, and then comes again', async () => {
      const kernelId = newKernelId();
      harness.sink.forget(kernelId);
      harness.sink.publish(exampleStats(kernelId, 1));
      harness.sink.forget(kernelId);
      harness.sink.publish(exampleStats(kernelId, 2));
      expect(await seen(kernelId, 2)).toEqual(exampleStats(kernelId, 2));
    });

    it('takes a burst without a word', async () => {
      const kernelId = newKernelId();
      for (let at = 0; at < 5000; at += 1) harness.sink.publish(exampleStats(kernelId, at));
      expect((await seen(kernelId, 4999)).at).toBe(4999);
    });

    it('closes twice, and is silent afterwards', async () => {
      await harness.sink[Symbol.asyncDispose]();
      await harness.sink[Symbol.asyncDispose]();
      harness.sink.publish(exampleStats(newKernelId(), 1));
      harness.sink.forget(newKernelId());
    });
  });
}
