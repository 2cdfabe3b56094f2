import { describe, it } from 'vitest';
import { RuntimeBench } from './runtime-bench.js';
import type { RuntimeSetup, RuntimeSuiteOptions } from './runtime-harness.js';
import { describeAborts } from './runtime-suite/aborts.js';
import { describeCrashes } from './runtime-suite/crashes.js';
import { describeExits } from './runtime-suite/exits.js';
import { describeInside } from './runtime-suite/inside.js';
import { describeLifeCycle } from './runtime-suite/life-cycle.js';
import { describeOutput } from './runtime-suite/output.js';
import type { RuntimeTest } from './runtime-suite/runtime-test.js';
import { describeStops } from './runtime-suite/stops.js';

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * The contract of `ContainerRuntime`: what every implementation must do. Each test gets a place of its own from `setup` and leaves
 * nothing there, which is checked as well.
 */
export function describeContainerRuntime(name: string, setup: RuntimeSetup, options: RuntimeSuiteOptions = {}): void {
  const { unavailable, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (unavailable !== undefined) {
    describe.skip(`container runtime ${name} (not run here: ${unavailable})`, () => it('meets its contract', () => {}));
    return;
  }
  const test: RuntimeTest = (title, body) => {
    it(title, { timeout: timeoutMs }, async () => {
      await using bench = await RuntimeBench.open(setup);
      await body(bench);
    });
  };
  describe(`container runtime ${name}`, () => {
    describe('life cycle', () => describeLifeCycle(test));
    describe('stopping', () => describeStops(test));
    describe('exits', () => describeExits(test));
    describe('inside', () => describeInside(test));
    describe('output', () => describeOutput(test));
    describe('crashes', () => describeCrashes(test));
    describe('aborts', () => describeAborts(test));
  });
}
