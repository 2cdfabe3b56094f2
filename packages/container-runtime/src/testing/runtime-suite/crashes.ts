import { expect } from 'vitest';
import { AlivePipe } from '../runtime-bench.js';
import type { RuntimeTest } from './runtime-test.js';

/** An older object is dropped without a close in each step; a new one over the same place must know all that there is. */
export function describeCrashes(test: RuntimeTest): void {
  test('after the creation: the new object finds it, and starts or removes it', async (bench) => {
    const older = await bench.open();
    const [kept, dropped] = [await bench.spec('exit:7', { labels: { keep: 'me' } }), await bench.spec('wait')];
    const created = await older.create(kept);
    await older.create(dropped);
    const newer = await bench.open();
    expect(await newer.list()).toHaveLength(2);
    expect(await newer.inspect(kept.kernelId)).toEqual(created);
    await newer.remove(dropped.kernelId);
    expect(await bench.harness.traces(dropped.kernelId)).toEqual([]);
    await newer.start(kept.kernelId);
    expect((await bench.ended(newer, kept.kernelId)).exit?.code).toBe(7);
  });

  test('after the start: the new object finds it running, and stops it', async (bench) => {
    const older = await bench.open();
    const spec = await bench.run(older, 'wait');
    const newer = await bench.open();
    expect(await newer.list()).toEqual([await older.inspect(spec.kernelId)]);
    expect(await newer.usage(spec.kernelId)).toBeDefined();
    await newer.stop(spec.kernelId, { graceMs: 600_000 });
    expect(await newer.inspect(spec.kernelId)).toMatchObject({ state: 'exited', exit: { code: 0 } });
  });

  test('while it runs: the new object removes all of it', async (bench) => {
    const spec = await bench.spec('family');
    await using pipe = await AlivePipe.make(spec);
    const older = await bench.open();
    await older.create(spec);
    await older.start(spec.kernelId);
    await bench.up(spec);
    await (await bench.open()).remove(spec.kernelId);
    expect(await pipe.held()).toBe(false);
    expect(await bench.harness.traces(spec.kernelId)).toEqual([]);
  });

  test('after the end: the new object finds how it ended', async (bench) => {
    const { spec, container } = await bench.runToEnd(await bench.open(), 'exit:13');
    const newer = await bench.open();
    expect(await newer.list()).toEqual([container]);
    expect(container.exit).toEqual({ code: 13, oomKilled: false });
    await newer.remove(spec.kernelId);
    expect(await bench.harness.traces(spec.kernelId)).toEqual([]);
  });

  test('between the crash and the new object: an end that nobody watched is found', async (bench) => {
    const older = await bench.open();
    const spec = await bench.run(older, 'wait');
    await older[Symbol.asyncDispose]();
    await bench.release(spec, 31);
    const container = await bench.ended(await bench.open(), spec.kernelId);
    expect(container.exit).toEqual({ code: 31, oomKilled: false });
  });

  test('within a stop: the new object ends it', async (bench) => {
    const older = await bench.open();
    const spec = await bench.run(older, 'stubborn');
    const stopping = older.stop(spec.kernelId, { graceMs: 600_000 });
    await bench.asked(spec);
    const newer = await bench.open();
    expect((await newer.list()).map((container) => container.state)).toEqual(['running']);
    await newer.remove(spec.kernelId);
    expect(await bench.harness.traces(spec.kernelId)).toEqual([]);
    await stopping;
  });

  test('after the removal: the new object finds nothing, and makes it again', async (bench) => {
    const older = await bench.open();
    const { spec } = await bench.runToEnd(older, 'exit:0');
    await older.remove(spec.kernelId);
    const newer = await bench.open();
    expect(await newer.list()).toEqual([]);
    expect((await newer.create(spec)).state).toBe('created');
  });

  test('two crashes in a row lose nothing', async (bench) => {
    const spec = await bench.spec('wait');
    await (await bench.open()).create(spec);
    await (await bench.open()).start(spec.kernelId);
    await bench.up(spec);
    await bench.release(spec, 2);
    expect((await bench.ended(await bench.open(), spec.kernelId)).exit?.code).toBe(2);
  });
}
