import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { newKernelId } from '@bai/core';
import { expect } from 'vitest';
import type { ContainerLimits } from '../../port.js';
import { expectCode, type RuntimeTest } from './runtime-test.js';

const ODD_LABELS = {
  'ai.backend.owner': 'i-node',
  empty: '',
  text: 'a=b "c" {"d": [1]}\nline 2 \u00e9\u4e16',
  'a b': '\\',
};
const SOME_LIMITS: ContainerLimits = {
  cpus: 0.5,
  cpuset: '0',
  memoryBytes: 512 * 1024 * 1024,
  processes: 64,
  shmemBytes: 1024 * 1024,
};

export function describeLifeCycle(test: RuntimeTest): void {
  test('has a kind, and says whether it publishes ports', async (bench) => {
    const runtime = await bench.open();
    expect(runtime.kind).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(typeof runtime.publishesPorts).toBe('boolean');
  });

  test('lists its images', async (bench) => {
    const images = await (await bench.open()).images();
    const image = images.find((candidate) => candidate.canonical === bench.harness.image);
    expect(image?.architecture).toMatch(/^[a-z0-9_]+$/);
    expect(image?.digest).not.toBe('');
    expect(new Set(images.map((candidate) => candidate.canonical)).size).toBe(images.length);
  });

  test('creates, starts, and shows a container in each state', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('wait', { labels: ODD_LABELS });
    const created = await runtime.create(spec);
    expect(created).toMatchObject({ kernelId: spec.kernelId, image: spec.image, labels: ODD_LABELS });
    expect(created).toMatchObject({ state: 'created', exit: null });
    expect(created.containerId).not.toBe('');
    expect(await runtime.inspect(spec.kernelId)).toEqual(created);
    expect(await runtime.start(spec.kernelId)).toEqual({ ...created, state: 'running' });
    expect(await runtime.list()).toEqual([{ ...created, state: 'running' }]);
    await bench.release(spec, 0);
    const exited = await bench.ended(runtime, spec.kernelId);
    expect(exited).toEqual({ ...created, state: 'exited', exit: { code: 0, oomKilled: false } });
    expect(await runtime.list()).toEqual([exited]);
    await runtime.remove(spec.kernelId);
    expect(await runtime.list()).toEqual([]);
    expect(await runtime.inspect(spec.kernelId)).toBeUndefined();
  });

  test('has no effect outside its own books before the start', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('wait');
    await runtime.create(spec);
    expect(await runtime.usage(spec.kernelId)).toBeUndefined();
    await expect(access(join(spec.workDir, 'up'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('says of each limit how well it holds, and the same at every look', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('wait', { limits: SOME_LIMITS });
    const created = await runtime.create(spec);
    expect(Object.keys(created.limits).sort()).toEqual(['cpu', 'memory', 'processes', 'scratch']);
    for (const word of Object.values(created.limits)) expect(['enforced', 'advisory', 'absent']).toContain(word);
    const running = await runtime.start(spec.kernelId);
    expect((await runtime.inspect(spec.kernelId))?.limits).toEqual(running.limits);
    expect((await (await bench.open()).inspect(spec.kernelId))?.limits).toEqual(running.limits);
  });

  test('refuses an image that it does not have, and leaves nothing', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('wait', { image: 'nowhere.invalid/none:1' });
    await expectCode(runtime.create(spec), 'IMAGE_NOT_FOUND');
    expect(await runtime.list()).toEqual([]);
    expect(await bench.harness.traces(spec.kernelId)).toEqual([]);
  });

  test('refuses a second container of a kernel, in every state of the first', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('wait');
    const first = await runtime.create(spec);
    await expectCode(runtime.create(spec), 'CONTAINER_EXISTS');
    await runtime.start(spec.kernelId);
    await expectCode(runtime.create(spec), 'CONTAINER_EXISTS');
    await bench.release(spec, 0);
    const exited = await bench.ended(runtime, spec.kernelId);
    await expectCode(runtime.create(spec), 'CONTAINER_EXISTS');
    expect(await runtime.list()).toEqual([exited]);
    expect(exited.containerId).toBe(first.containerId);
  });

  test('makes one container when it is asked twice at once', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('wait');
    const results = await Promise.allSettled([runtime.create(spec), runtime.create(spec)]);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    const failure = results.find((result) => result.status === 'rejected');
    expect(failure?.reason).toMatchObject({ code: 'CONTAINER_EXISTS' });
    expect(await runtime.list()).toHaveLength(1);
  });

  test('makes a kernel again after its removal', async (bench) => {
    const runtime = await bench.open();
    const { spec } = await bench.runToEnd(runtime, 'exit:1');
    await runtime.remove(spec.kernelId);
    await runtime.create(spec);
    await runtime.start(spec.kernelId);
    expect((await bench.ended(runtime, spec.kernelId)).exit?.code).toBe(1);
  });

  test('starts only what was created, and only once', async (bench) => {
    const runtime = await bench.open();
    await expectCode(runtime.start(newKernelId()), 'CONTAINER_NOT_FOUND');
    const spec = await bench.run(runtime, 'wait');
    await expectCode(runtime.start(spec.kernelId), 'CONTAINER_START_FAILED');
    expect((await runtime.inspect(spec.kernelId))?.state).toBe('running');
    await bench.release(spec, 0);
    await bench.ended(runtime, spec.kernelId);
    await expectCode(runtime.start(spec.kernelId), 'CONTAINER_START_FAILED');
  });

  test('reports a program that cannot be started, at the start or by its exit', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('missing');
    await runtime.create(spec);
    const [start] = await Promise.allSettled([runtime.start(spec.kernelId)]);
    if (start.status === 'rejected') {
      expect(start.reason).toMatchObject({ code: 'CONTAINER_START_FAILED' });
      expect((await runtime.inspect(spec.kernelId))?.state).not.toBe('running');
    } else {
      expect((await bench.ended(runtime, spec.kernelId)).exit?.code).not.toBe(0);
    }
    await runtime.remove(spec.kernelId);
    expect(await bench.harness.traces(spec.kernelId)).toEqual([]);
  });

  test('removes what runs with every trace, and leaves the folders of the spec', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'stubborn');
    await runtime.remove(spec.kernelId);
    expect(await runtime.list()).toEqual([]);
    expect(await bench.harness.traces(spec.kernelId)).toEqual([]);
    await access(join(spec.workDir, 'up'));
    await access(spec.configDir);
  });

  test('removes what is there in every other state, and twice', async (bench) => {
    const runtime = await bench.open();
    const created = await bench.spec('wait');
    await runtime.create(created);
    const { spec: exited } = await bench.runToEnd(runtime, 'exit:0');
    for (const kernelId of [created.kernelId, exited.kernelId]) {
      await Promise.all([runtime.remove(kernelId), runtime.remove(kernelId)]);
      await runtime.remove(kernelId);
      expect(await bench.harness.traces(kernelId)).toEqual([]);
    }
    expect(await runtime.list()).toEqual([]);
  });

  test('takes removing what was never there as success', async (bench) => {
    await (await bench.open()).remove(newKernelId());
  });

  test('keeps two kernels apart', async (bench) => {
    const runtime = await bench.open();
    const [one, two] = await Promise.all([bench.run(runtime, 'wait'), bench.run(runtime, 'wait')]);
    const listed = await runtime.list();
    expect(listed.map((container) => container.kernelId).sort()).toEqual([one.kernelId, two.kernelId].sort());
    expect(new Set(listed.map((container) => container.containerId)).size).toBe(2);
    await bench.release(one, 5);
    expect((await bench.ended(runtime, one.kernelId)).exit?.code).toBe(5);
    expect((await runtime.inspect(two.kernelId))?.state).toBe('running');
    await runtime.remove(one.kernelId);
    expect((await runtime.list()).map((container) => container.kernelId)).toEqual([two.kernelId]);
    await bench.release(two, 6);
    expect((await bench.ended(runtime, two.kernelId)).exit?.code).toBe(6);
  });

  test('is closed twice without harm, and its containers go on', async (bench) => {
    const older = await bench.open();
    const spec = await bench.run(older, 'wait');
    await older[Symbol.asyncDispose]();
    await older[Symbol.asyncDispose]();
    const newer = await bench.open();
    expect((await newer.inspect(spec.kernelId))?.state).toBe('running');
    await bench.release(spec, 3);
    expect((await bench.ended(newer, spec.kernelId)).exit?.code).toBe(3);
  });
}
