import { poll } from '@bai/core';
import { afterEach, beforeEach, describe, it } from 'vitest';
import type { Labels, StatsMonitor } from '../stats-monitor.js';

/** A monitor and what a reader at its other end sees. */
export interface StatsMonitorHarness extends AsyncDisposable {
  readonly monitor: StatsMonitor;
  /** Value of a counter or gauge, number of observations of a histogram; undefined when it was never reported. */
  value(name: string, labels: Labels): number | undefined | Promise<number | undefined>;
}

const WAIT = { timeoutMs: 10_000, intervalMs: 5 };

/** The contract of {@link StatsMonitor}: every implementation passes it. */
export function describeStatsMonitor(name: string, open: () => Promise<StatsMonitorHarness>): void {
  describe(`${name} as a StatsMonitor`, () => {
    let harness: StatsMonitorHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness[Symbol.asyncDispose]());

    const reaches = (metric: string, labels: Labels, expected: number) =>
      poll(`${metric} = ${expected}`, WAIT, async () =>
        (await harness.value(metric, labels)) === expected ? true : undefined,
      );

    it('adds up counters for each combination of labels, in whichever order', async () => {
      harness.monitor.count('requests', { method: 'ping', result: 'ok' });
      harness.monitor.count('requests', { result: 'ok', method: 'ping' }, 2);
      harness.monitor.count('requests', { method: 'execute', result: 'ok' });
      harness.monitor.count('starts');
      await reaches('requests', { method: 'ping', result: 'ok' }, 3);
      await reaches('requests', { method: 'execute', result: 'ok' }, 1);
      await reaches('starts', {}, 1);
    });

    it('keeps the last value of a gauge', async () => {
      harness.monitor.gauge('kernels', 5);
      harness.monitor.gauge('kernels', 2.5);
      await reaches('kernels', {}, 2.5);
    });

    it('counts the observations of a histogram', async () => {
      for (const seconds of [0.0001, 0.2, 1e6])
        harness.monitor.observe('duration_seconds', seconds, { step: 'create' });
      await reaches('duration_seconds', { step: 'create' }, 3);
    });

    it('never throws, whatever is reported', () => {
      harness.monitor.count('requests', {}, -1);
      harness.monitor.count('requests', {}, Number.NaN);
      harness.monitor.count('not a name');
      harness.monitor.count('', { 'not a label': 'x' });
      harness.monitor.gauge('kernels', Number.NaN);
      harness.monitor.observe('duration_seconds', Number.NaN);
      harness.monitor.count('both');
      harness.monitor.observe('both', 1);
      harness.monitor.gauge('text', 1, { text: 'a "quoted"\\\n line' });
    });

    it('takes endless labels, and keeps those that came first', async () => {
      harness.monitor.count('requests', { client: 'first' });
      for (let index = 0; index < 20_000; index += 1) harness.monitor.count('requests', { client: String(index) });
      harness.monitor.count('requests', { client: 'first' });
      await reaches('requests', { client: 'first' }, 2);
    });

    it('closes twice, and is silent afterwards', async () => {
      await harness.monitor[Symbol.asyncDispose]();
      await harness.monitor[Symbol.asyncDispose]();
      harness.monitor.count('late');
    });
  });
}
