import { newKernelId } from '@bai/core';
import { expect } from 'vitest';
import type { ContainerRuntime } from '../../port.js';
import { AlivePipe, type RuntimeBench } from '../runtime-bench.js';
import type { RuntimeTest } from './runtime-test.js';

/** Longer than the suite's patience: a stop that waits for it fails the test. */
const LONG_GRACE_MS = 600_000;
/** Statuses of something that was killed: by signal 9, or with the supervisor that would have told. */
const KILLED = [137, null];

export function describeStops(test: RuntimeTest): void {
  test('asks first: a program that ends when asked keeps its own status', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'wait');
    await runtime.stop(spec.kernelId, { graceMs: LONG_GRACE_MS });
    expect(await runtime.inspect(spec.kernelId)).toMatchObject({
      state: 'exited',
      exit: { code: 0, oomKilled: false },
    });
  });

  test('kills after the grace time', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'stubborn');
    await runtime.stop(spec.kernelId, { graceMs: 100 });
    const container = await runtime.inspect(spec.kernelId);
    expect(container?.state).toBe('exited');
    expect(KILLED).toContain(container?.exit?.code ?? null);
    await bench.runToEnd(runtime, 'exit:0'); // time for a second thought
    expect(await runtime.inspect(spec.kernelId)).toEqual(container);
  });

  test('kills at once without a grace time', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'stubborn');
    await runtime.stop(spec.kernelId, { graceMs: 0 });
    expect((await runtime.inspect(spec.kernelId))?.state).toBe('exited');
  });

  test('resolves once nothing of the container runs, not even a stubborn child of another session', async (bench) => {
    const runtime = await bench.open();
    await using family = await startFamily(bench, runtime);
    await runtime.stop(family.kernelId, { graceMs: 100 });
    expect(await family.alive()).toBe(false);
  });

  test('takes a removal as the end of everything that runs', async (bench) => {
    const runtime = await bench.open();
    await using family = await startFamily(bench, runtime);
    await runtime.remove(family.kernelId);
    expect(await family.alive()).toBe(false);
  });

  test('is success for what is not there, has ended, or was stopped', async (bench) => {
    const runtime = await bench.open();
    await runtime.stop(newKernelId(), { graceMs: 0 });
    const { spec } = await bench.runToEnd(runtime, 'exit:4');
    await runtime.stop(spec.kernelId, { graceMs: 0 });
    await runtime.stop(spec.kernelId, { graceMs: LONG_GRACE_MS });
    expect(await runtime.inspect(spec.kernelId)).toMatchObject({ exit: { code: 4 } });
  });

  test('leaves what was never started as created', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('wait');
    const created = await runtime.create(spec);
    await runtime.stop(spec.kernelId, { graceMs: LONG_GRACE_MS });
    expect(await runtime.inspect(spec.kernelId)).toEqual(created);
    expect((await runtime.start(spec.kernelId)).state).toBe('running');
  });

  test('takes a second, more impatient stop while the first one waits', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'stubborn');
    const patient = runtime.stop(spec.kernelId, { graceMs: LONG_GRACE_MS });
    await bench.asked(spec);
    await runtime.stop(spec.kernelId, { graceMs: 0 });
    await patient;
    expect((await runtime.inspect(spec.kernelId))?.state).toBe('exited');
  });

  test('ends the waiting stop when the container is removed', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'stubborn');
    const patient = runtime.stop(spec.kernelId, { graceMs: LONG_GRACE_MS });
    await bench.asked(spec);
    await runtime.remove(spec.kernelId);
    await patient;
    expect(await bench.harness.traces(spec.kernelId)).toEqual([]);
  });
}

async function startFamily(bench: RuntimeBench, runtime: ContainerRuntime) {
  const spec = await bench.spec('family');
  const pipe = await AlivePipe.make(spec);
  await runtime.create(spec);
  await runtime.start(spec.kernelId);
  await bench.up(spec);
  expect(await pipe.held()).toBe(true);
  return {
    kernelId: spec.kernelId,
    alive: () => pipe.held(),
    [Symbol.asyncDispose]: () => pipe[Symbol.asyncDispose](),
  };
}
