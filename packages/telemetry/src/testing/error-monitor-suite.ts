import { BaiError, poll } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorMonitor } from '../error-monitor.js';

/** A monitor and what arrives at its other end. */
export interface ErrorMonitorHarness extends AsyncDisposable {
  readonly monitor: ErrorMonitor;
  /** Everything that was captured, each as one text with its context. */
  captured(): readonly string[] | Promise<readonly string[]>;
  /** From now on the other end fails. */
  breakDown(): void | Promise<void>;
}

const WAIT = { timeoutMs: 10_000, intervalMs: 5 };

/** The contract of {@link ErrorMonitor}: every implementation passes it. */
export function describeErrorMonitor(name: string, open: () => Promise<ErrorMonitorHarness>): void {
  describe(`${name} as an ErrorMonitor`, () => {
    let harness: ErrorMonitorHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness[Symbol.asyncDispose]());

    const arrival = () => poll('the capture', WAIT, async () => (await harness.captured())[0]);

    it('captures an error with its code, its causes and its context', async () => {
      const cause = new Error('the disk is full');
      harness.monitor.captureError(new BaiError('DISK_FULL', 'saving failed', { cause }), { step: 'create.scratch' });
      const text = await arrival();
      for (const part of ['DISK_FULL', 'saving failed', 'the disk is full', 'create.scratch'])
        expect(text).toContain(part);
    });

    it('captures a message with its context', async () => {
      harness.monitor.captureMessage('something is odd', { kernels: 3 });
      const text = await arrival();
      expect(text).toContain('something is odd');
      expect(text).toContain('kernels');
    });

    it.each([undefined, null, 42, 'text', { any: 'thing' }, new AggregateError([new Error('one')], 'two')])(
      'captures %j that was thrown',
      async (thrown) => {
        harness.monitor.captureError(thrown);
        expect(await arrival()).not.toBe('');
      },
    );

    it('lets no secret out', async () => {
      harness.monitor.captureError(new Error('connect to redis://user:hunter2@host failed'), {
        password: 'hunter2',
        registry: { accessToken: 'hunter2', url: 'https://me:hunter2@registry.local/' },
      });
      const text = await arrival();
      expect(text).toContain('registry.local');
      expect(text).not.toContain('hunter2');
    });

    it('never throws, whatever is captured and however the other end fails', async () => {
      const hostile = {
        get message(): string {
          throw new Error('no');
        },
        toString(): string {
          throw new Error('no');
        },
      };
      harness.monitor.captureError(hostile, { hostile });
      const cyclic: Record<string, unknown> = {};
      cyclic['self'] = cyclic;
      harness.monitor.captureError(new Error('cyclic'), cyclic);
      await harness.breakDown();
      harness.monitor.captureError(new Error('nobody hears this'));
      harness.monitor.captureMessage('nor this');
    });

    it('closes twice', async () => {
      await harness.monitor[Symbol.asyncDispose]();
      await harness.monitor[Symbol.asyncDispose]();
    });
  });
}
