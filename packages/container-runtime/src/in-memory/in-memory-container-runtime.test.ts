import { expect, test } from 'vitest';
import type { ImageInfo } from '../port.js';
import { describeContainerRuntime } from '../testing/index.js';
import { RuntimeBench } from '../testing/runtime-bench.js';
import type { Behaviour, RuntimeHarness } from '../testing/runtime-harness.js';
import { scriptedProgram } from '../testing/scripted-program.js';
import { InMemoryContainerRuntime } from './in-memory-container-runtime.js';
import { MemoryPlace } from './memory-place.js';

const IMAGE: ImageInfo = {
  canonical: 'memory/scripted',
  labels: {},
  digest: 'memory:scripted',
  architecture: 'x86_64',
};

function makeHarness(place = new MemoryPlace()): RuntimeHarness {
  return {
    image: IMAGE.canonical,
    open: async () => new InMemoryContainerRuntime({ place, images: [IMAGE], program: scriptedProgram }),
    program: (behaviour: Behaviour) => ({ hostPath: '/', mountPoint: '/opt/backend.ai', command: ['play', behaviour] }),
    traces: async (kernelId) => (place.get(kernelId) === undefined ? [] : ['a container']),
    [Symbol.asyncDispose]: async () => {},
  };
}

describeContainerRuntime('in memory', async () => makeHarness());

test('a step can be made to fail, once', async () => {
  const place = new MemoryPlace();
  await using bench = await RuntimeBench.open(async () => makeHarness(place));
  const runtime = await bench.open();
  const failure = new Error('no room');
  place.before('create', () => Promise.reject(failure));
  const spec = await bench.spec('wait');
  await expect(runtime.create(spec)).rejects.toBe(failure);
  expect(await runtime.list()).toEqual([]);
  expect((await runtime.create(spec)).state).toBe('created');
});

test('a step can be held up, and its caller can give up the wait', async () => {
  const place = new MemoryPlace();
  await using bench = await RuntimeBench.open(async () => makeHarness(place));
  const runtime = await bench.open();
  const spec = await bench.spec('wait');
  await runtime.create(spec);
  place.before('start', () => new Promise(() => {}));
  const controller = new AbortController();
  const starting = runtime.start(spec.kernelId, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(starting).rejects.toThrow('enough');
  expect((await runtime.inspect(spec.kernelId))?.state).toBe('created');
});

test('a program that throws ends with 1 and says why in the log', async () => {
  const place = new MemoryPlace();
  await using bench = await RuntimeBench.open(async () => makeHarness(place));
  await using runtime = new InMemoryContainerRuntime({
    place,
    images: [IMAGE],
    program: () => Promise.reject(new Error('out of ideas')),
  });
  const { spec, container } = await bench.runToEnd(runtime, 'wait');
  expect(container.exit?.code).toBe(1);
  expect(Buffer.from(await runtime.logs(spec.kernelId, { maxBytes: 100 })).toString()).toBe('out of ideas\n');
});
