import type { KernelId } from '@bai/core';
import { expect } from 'vitest';
import type { ContainerRuntime } from '../../port.js';
import type { RuntimeTest } from './runtime-test.js';

const REASON = new Error('the caller has had enough');

export function describeAborts(test: RuntimeTest): void {
  test('every method ends at once with the reason of a signal that was aborted before', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'wait');
    const other = await bench.spec('wait');
    const options = { signal: AbortSignal.abort(REASON) };
    const calls: Record<string, () => Promise<unknown>> = {
      ...callsOn(runtime, spec.kernelId, options.signal),
      create: () => runtime.create(other, options),
      start: () => runtime.start(spec.kernelId, options),
    };
    for (const [name, call] of Object.entries(calls)) {
      await expect(call(), name).rejects.toBe(REASON);
    }
    expect(await runtime.inspect(spec.kernelId)).toMatchObject({ state: 'running' });
  });

  test('a creation that is aborted ends with the reason or with the container, and a removal undoes it', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('wait');
    const controller = new AbortController();
    const creating = Promise.allSettled([runtime.create(spec, { signal: controller.signal })]);
    controller.abort(REASON);
    const [result] = await creating;
    if (result.status === 'rejected') expect(result.reason).toBe(REASON);
    else expect(await runtime.inspect(spec.kernelId)).toEqual(result.value);
    await runtime.remove(spec.kernelId);
    expect(await runtime.list()).toEqual([]);
    expect(await bench.harness.traces(spec.kernelId)).toEqual([]);
    expect((await runtime.create(spec)).state).toBe('created');
  });

  test('a start that is aborted leaves what the list shows, and a removal undoes it', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('wait');
    await runtime.create(spec);
    const controller = new AbortController();
    const starting = Promise.allSettled([runtime.start(spec.kernelId, { signal: controller.signal })]);
    controller.abort(REASON);
    const [result] = await starting;
    if (result.status === 'rejected') expect(result.reason).toBe(REASON);
    expect(await runtime.list()).toHaveLength(1);
    await runtime.remove(spec.kernelId);
    expect(await runtime.list()).toEqual([]);
    expect(await bench.harness.traces(spec.kernelId)).toEqual([]);
  });

  test('a stop that is aborted ends its wait only', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'stubborn');
    const controller = new AbortController();
    const stopping = expect(runtime.stop(spec.kernelId, { graceMs: 600_000, signal: controller.signal })).rejects.toBe(
      REASON,
    );
    await bench.asked(spec);
    controller.abort(REASON);
    await stopping;
    expect((await runtime.inspect(spec.kernelId))?.state).toBe('running');
    await runtime.stop(spec.kernelId, { graceMs: 0 });
    expect((await runtime.inspect(spec.kernelId))?.state).toBe('exited');
  });

  test('a connection to a runner that never listens ends with the signal', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'wait');
    const controller = new AbortController();
    const connecting = expect(runtime.connect(spec.kernelId, { signal: controller.signal })).rejects.toBe(REASON);
    controller.abort(REASON);
    await connecting;
    expect((await runtime.inspect(spec.kernelId))?.state).toBe('running');
  });

  test('a signal that is never aborted changes nothing, and a late abort does no harm', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('exit:0');
    const controller = new AbortController();
    await runtime.create(spec, { signal: controller.signal });
    await runtime.start(spec.kernelId, { signal: controller.signal });
    controller.abort(REASON);
    expect((await bench.ended(runtime, spec.kernelId)).exit?.code).toBe(0);
  });
}

function callsOn(runtime: ContainerRuntime, kernelId: KernelId, signal: AbortSignal) {
  return {
    images: () => runtime.images({ signal }),
    inspect: () => runtime.inspect(kernelId, { signal }),
    list: () => runtime.list({ signal }),
    connect: () => runtime.connect(kernelId, { signal }),
    stop: () => runtime.stop(kernelId, { graceMs: 0, signal }),
    remove: () => runtime.remove(kernelId, { signal }),
    logs: () => runtime.logs(kernelId, { maxBytes: 1, signal }),
    usage: () => runtime.usage(kernelId, { signal }),
  };
}
