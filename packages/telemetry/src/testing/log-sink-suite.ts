import { type KernelId, newKernelId, poll } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogSink } from '../log-sink.js';

/** A sink and what a reader at its other end gets of a finished log. */
export interface LogSinkHarness extends AsyncDisposable {
  readonly sink: LogSink;
  finished(kernelId: KernelId): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

const WAIT = { timeoutMs: 10_000, intervalMs: 5 };
const text = (value: string) => new TextEncoder().encode(value);

/** The contract of {@link LogSink}: every implementation passes it. The sink must hold at least 64 KiB per log. */
export function describeLogSink(name: string, open: () => Promise<LogSinkHarness>): void {
  describe(`${name} as a LogSink`, () => {
    let harness: LogSinkHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness[Symbol.asyncDispose]());

    const read = async (kernelId: KernelId) =>
      new TextDecoder().decode(await poll('the log', WAIT, () => harness.finished(kernelId)));

    it('has a kind', () => {
      expect(harness.sink.kind).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    it('keeps the logs of kernels apart and in order', async () => {
      const [a, b] = [newKernelId(), newKernelId()];
      harness.sink.append(a, text('one '));
      harness.sink.append(b, text('three'));
      harness.sink.append(a, text('two'));
      harness.sink.finish(a);
      harness.sink.finish(b);
      expect(await read(a)).toBe('one two');
      expect(await read(b)).toBe('three');
    });

    it('keeps bytes that the caller writes over afterwards', async () => {
      const kernelId = newKernelId();
      const chunk = text('kept');
      harness.sink.append(kernelId, chunk);
      chunk.fill(0);
      harness.sink.finish(kernelId);
      expect(await read(kernelId)).toBe('kept');
    });

    it('keeps 64 KiB in pieces of any size', async () => {
      const kernelId = newKernelId();
      const line = 'x'.repeat(997);
      for (let sent = 0; sent + line.length <= 64 * 1024; sent += line.length)
        harness.sink.append(kernelId, text(line));
      harness.sink.finish(kernelId);
      expect(await read(kernelId)).toHaveLength(Math.floor((64 * 1024) / 997) * 997);
    });

    it('does not show a log before it is finished', async () => {
      const kernelId = newKernelId();
      harness.sink.append(kernelId, text('not yet'));
      expect(await harness.finished(kernelId)).toBeUndefined();
    });

    it('takes far more than it can keep without a word', () => {
      const kernelId = newKernelId();
      const chunk = new Uint8Array(1024 * 1024);
      for (let count = 0; count < 64; count += 1) harness.sink.append(kernelId, chunk);
      harness.sink.finish(kernelId);
    });

    it('closes twice, and is silent afterwards', async () => {
      await harness.sink[Symbol.asyncDispose]();
      await harness.sink[Symbol.asyncDispose]();
      harness.sink.append(newKernelId(), text('late'));
      harness.sink.finish(newKernelId());
    });
  });
}
