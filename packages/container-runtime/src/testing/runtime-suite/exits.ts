import { expect } from 'vitest';
import { ExitWatch } from '../runtime-bench.js';
import type { RuntimeTest } from './runtime-test.js';

export function describeExits(test: RuntimeTest): void {
  for (const status of [0, 1, 42, 255] as const) {
    test(`tells an end with status ${status} once, and shows the same`, async (bench) => {
      const runtime = await bench.open();
      const watch = new ExitWatch(runtime);
      const spec = await bench.spec(`exit:${status}`);
      const { containerId } = await runtime.create(spec);
      await runtime.start(spec.kernelId);
      const told = await watch.next(spec.kernelId);
      expect(told).toEqual({ kernelId: spec.kernelId, containerId, exit: { code: status, oomKilled: false } });
      expect(await runtime.inspect(spec.kernelId)).toMatchObject({ state: 'exited', exit: told.exit });
    });
  }

  test('gives 128 and the number for a program that a signal ended', async (bench) => {
    const runtime = await bench.open();
    const { container } = await bench.runToEnd(runtime, 'kill:9');
    expect(container.exit?.code).toBe(137);
  });

  test('shows the end by the time it is told', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('exit:9');
    await runtime.create(spec);
    const shown = new Promise((resolve) => {
      runtime.onExit(({ kernelId }) => resolve(runtime.inspect(kernelId)));
    });
    await runtime.start(spec.kernelId);
    expect(await shown).toMatchObject({ state: 'exited', exit: { code: 9 } });
  });

  test('tells every listener once, whatever ended the container, and none that was disposed', async (bench) => {
    const runtime = await bench.open();
    const [first, second, disposed] = [new ExitWatch(runtime), new ExitWatch(runtime), new ExitWatch(runtime)];
    disposed.subscription[Symbol.dispose]();
    const stopped = await bench.run(runtime, 'stubborn');
    const removed = await bench.run(runtime, 'stubborn');
    const { spec: ended } = await bench.runToEnd(runtime, 'exit:0');
    await runtime.stop(stopped.kernelId, { graceMs: 0 });
    await runtime.remove(stopped.kernelId);
    await runtime.remove(removed.kernelId);
    const later = await bench.runToEnd(runtime, 'exit:0'); // what was told twice would be there by now
    for (const watch of [first, second]) {
      for (const { kernelId } of [stopped, removed, ended, later.spec]) await watch.next(kernelId);
      expect(watch.told).toHaveLength(4);
    }
    expect(disposed.told).toEqual([]);
  });

  test('tells nothing of a container that was never started', async (bench) => {
    const runtime = await bench.open();
    const watch = new ExitWatch(runtime);
    const spec = await bench.spec('wait');
    await runtime.create(spec);
    await runtime.stop(spec.kernelId, { graceMs: 0 });
    await runtime.remove(spec.kernelId);
    const { spec: other } = await bench.runToEnd(runtime, 'exit:0');
    await watch.next(other.kernelId);
    expect(watch.told).toHaveLength(1);
  });

  test('tells the end of a container that an older object started, once it is listed', async (bench) => {
    const spec = await bench.run(await bench.open(), 'wait');
    const newer = await bench.open();
    const watch = new ExitWatch(newer);
    const [listed] = await newer.list();
    await bench.release(spec, 21);
    expect(await watch.next(spec.kernelId)).toEqual({
      kernelId: spec.kernelId,
      containerId: listed?.containerId,
      exit: { code: 21, oomKilled: false },
    });
    const { spec: other } = await bench.runToEnd(newer, 'exit:0');
    await watch.next(other.kernelId);
    expect(watch.of(spec.kernelId)).toHaveLength(1);
  });

  test('tells an object that stops what an older one started', async (bench) => {
    const spec = await bench.run(await bench.open(), 'wait');
    const newer = await bench.open();
    const watch = new ExitWatch(newer);
    await newer.list();
    await newer.stop(spec.kernelId, { graceMs: 10_000 });
    expect((await watch.next(spec.kernelId)).exit).toEqual({ code: 0, oomKilled: false });
  });

  test('does not tell again what the list showed as exited', async (bench) => {
    const { spec } = await bench.runToEnd(await bench.open(), 'exit:8');
    const newer = await bench.open();
    const watch = new ExitWatch(newer);
    expect(await newer.list()).toMatchObject([{ state: 'exited', exit: { code: 8, oomKilled: false } }]);
    const { spec: other } = await bench.runToEnd(newer, 'exit:0');
    await watch.next(other.kernelId);
    expect(watch.of(spec.kernelId)).toEqual([]);
  });

  test('tells nothing after disposal', async (bench) => {
    const older = await bench.open();
    const silent = new ExitWatch(older);
    const spec = await bench.run(older, 'wait');
    await older[Symbol.asyncDispose]();
    const newer = await bench.open();
    const watch = new ExitWatch(newer);
    await newer.list();
    await bench.release(spec, 0);
    await watch.next(spec.kernelId);
    expect(silent.told).toEqual([]);
  });
}
