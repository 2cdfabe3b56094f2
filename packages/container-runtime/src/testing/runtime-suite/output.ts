import { newKernelId } from '@bai/core';
import { expect } from 'vitest';
import type { ContainerRuntime, ContainerSpec } from '../../port.js';
import { until } from '../runtime-bench.js';
import { expectCode, type RuntimeTest } from './runtime-test.js';

const MUCH = 1024 * 1024;

export function describeOutput(test: RuntimeTest): void {
  test('keeps what the container printed, while it runs and after its end', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'print:20');
    const expected = Array.from({ length: 20 }, (_, index) => `line ${index + 1}\n`).join('');
    const running = await until('the lines being there', async () => {
      const text = await readLogs(runtime, spec, MUCH);
      return text.includes('line 20\n') ? text : undefined;
    });
    expect(running).toContain(expected);
    await runtime.stop(spec.kernelId, { graceMs: 10_000 });
    expect(await readLogs(runtime, spec, MUCH)).toContain(expected);
    expect(await readLogs(await bench.open(), spec, MUCH)).toContain(expected);
  });

  test('gives the newest part, to the byte', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'print:50');
    await until('the last line', async () => (await readLogs(runtime, spec, MUCH)).includes('line 50') || undefined);
    await runtime.stop(spec.kernelId, { graceMs: 10_000 });
    const all = await readLogs(runtime, spec, MUCH);
    expect(await readLogs(runtime, spec, 20)).toBe(all.slice(-20));
    expect(await readLogs(runtime, spec, 1)).toBe(all.slice(-1));
    expect(await readLogs(runtime, spec, 0)).toBe('');
  });

  test('is not held up by one endless line, and still has what came last', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'flood');
    const tail = await until('the end of the flood', async () => {
      const text = await readLogs(runtime, spec, 65_536);
      return text.includes('the end\n') ? text : undefined;
    });
    expect(tail.length).toBeLessThanOrEqual(65_536);
    expect(tail).toMatch(/x\nthe end\n$/);
  });

  test('keeps the outputs of two kernels apart', async (bench) => {
    const runtime = await bench.open();
    const [one, two] = await Promise.all([bench.run(runtime, 'print:3'), bench.run(runtime, 'print:1')]);
    await until('the lines', async () => (await readLogs(runtime, one, MUCH)).includes('line 3') || undefined);
    expect(await readLogs(runtime, two, MUCH)).not.toContain('line 2');
  });

  test('has nothing of a created container, and no log of an unknown one', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('wait');
    await runtime.create(spec);
    expect(await readLogs(runtime, spec, MUCH)).toBe('');
    await expectCode(runtime.logs(newKernelId(), { maxBytes: MUCH }), 'CONTAINER_NOT_FOUND');
  });

  test('counts what a running container uses, and nothing for others', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'wait');
    const usage = await runtime.usage(spec.kernelId);
    expect(Object.keys(usage ?? {}).sort()).toEqual(['cpuUsedMs', 'memoryBytes', 'memoryPeakBytes', 'processes']);
    for (const figure of Object.values(usage ?? {})) expect(figure ?? 0).toBeGreaterThanOrEqual(0);
    expect(usage?.processes ?? 1).toBeGreaterThanOrEqual(1);
    await bench.release(spec, 0);
    await bench.ended(runtime, spec.kernelId);
    expect(await runtime.usage(spec.kernelId)).toBeUndefined();
    expect(await runtime.usage(newKernelId())).toBeUndefined();
  });
}

async function readLogs(runtime: ContainerRuntime, spec: ContainerSpec, maxBytes: number): Promise<string> {
  return Buffer.from(await runtime.logs(spec.kernelId, { maxBytes })).toString('utf8');
}
