import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLogger } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedRegistry } from './embedded-registry.js';
import { FileStore } from './file-store.js';
import { ScopedRegistry } from './scoped-registry.js';
import { describeRegistry, toPlain } from './testing/index.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  file = join(folder, 'state', 'registry.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describeRegistry('FileStore with ScopedRegistry', async () => {
  const store = await FileStore.open({ file });
  return {
    connect: async (identity) => new ScopedRegistry(store, identity),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
});

describe('EmbeddedRegistry', () => {
  it('has everything again after a restart', async () => {
    {
      await using registry = await EmbeddedRegistry.open({ file, agentId: 'i-1', scalingGroup: 'gpu' });
      await registry.putMany({ '': 'running', ip: '10.0.0.1' }, { scope: 'node' });
      await registry.put('config/__proto__/x', '1');
      await registry.put('gone', '1');
      await registry.delete('gone');
    }
    await using registry = await EmbeddedRegistry.open({ file, agentId: 'i-1' });
    expect(toPlain(await registry.getPrefix('', { scope: 'node' }))).toEqual({ '': 'running', ip: '10.0.0.1' });
    expect(await registry.get('config/__proto__/x')).toBe('1');
    expect(await registry.get('gone')).toBeUndefined();
  });

  it('is closed for good, after the writes that were under way', async () => {
    const registry = await EmbeddedRegistry.open({ file, agentId: 'i-1' });
    const watch = registry.watch('key')[Symbol.asyncIterator]();
    await watch.next();
    const writing = registry.put('key', 'x');
    await registry[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    await writing;
    expect((await watch.next()).value).toEqual({ type: 'put', key: 'key', value: 'x' });
    expect(await watch.next()).toEqual({ done: true, value: undefined });
    expect(await registry.watch('key')[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    await expect(registry.get('key')).rejects.toMatchObject({ code: 'REGISTRY_CLOSED' });
    await expect(registry.put('key', 'y')).rejects.toMatchObject({ code: 'REGISTRY_CLOSED' });
    expect(await readFile(file, 'utf8')).toContain('"key": "x"');
  });
});

describe('FileStore', () => {
  it('writes a file that only its owner reads, and leaves nothing beside it', async () => {
    await using store = await FileStore.open({ file });
    await store.write([{ type: 'put', key: 'config/redis/password', value: 'x' }]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'state'))).toEqual(['registry.json']);
  });

  it('has the file whole at every moment, also while many write', async () => {
    await using store = await FileStore.open({ file });
    await store.write([{ type: 'put', key: 'count', value: '0' }]);
    const writes = Array.from({ length: 30 }, (_, index) =>
      store.write([{ type: 'put', key: `k/${index}`, value: 'x'.repeat(5000) }]),
    );
    let done = false;
    const all = Promise.all(writes).finally(() => {
      done = true;
    });
    while (!done) expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: 1 });
    await all;
    expect((await store.list(['k'])).size).toBe(30);
  });

  it.each([
    ['cut in half', '{ "version": 1, "entries": { "a": "1'],
    ['empty', ''],
    ['something else', '[1, 2]'],
    ['of another version', '{ "version": 2, "entries": {} }'],
    ['with a value that is no text', '{ "version": 1, "entries": { "a": 1 } }'],
  ])('sets a file aside that is %s, says so, and goes on empty', async (_, text) => {
    await mkdir(join(folder, 'state'));
    await writeFile(file, text);
    const logger = new MemoryLogger();
    await using store = await FileStore.open({ file, logger });
    expect(await store.list([''])).toEqual(new Map());
    expect(logger.lines).toMatchObject([{ level: 'error', fields: { file, aside: `${file}.corrupt` } }]);
    expect(await readFile(`${file}.corrupt`, 'utf8')).toBe(text);
    await store.write([{ type: 'put', key: 'a', value: '1' }]);
    expect(await readFile(file, 'utf8')).toContain('"a": "1"');
  });

  it('passes over a new file that a crash left half written', async () => {
    await mkdir(join(folder, 'state'));
    await writeFile(file, '{ "version": 1, "entries": { "a": "1" } }');
    await writeFile(`${file}.new`, '{ "version": 1, "entr');
    await using store = await FileStore.open({ file });
    expect(await store.read(['a'])).toEqual(new Map([['a', '1']]));
    expect(await readdir(join(folder, 'state'))).toEqual(['registry.json']);
  });

  it('keeps what it had when the disk refuses a write, and says what to check', async () => {
    await using store = await FileStore.open({ file });
    await store.write([{ type: 'put', key: 'a', value: '1' }]);
    // A folder in the place of the new file makes writing fail for root, too.
    await mkdir(`${file}.new`);
    const failing = store.write([{ type: 'put', key: 'a', value: '2' }]);
    await expect(failing).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', retryable: true });
    await expect(failing).rejects.toThrow(/check its owner, rights and space/);
    expect(await store.read(['a'])).toEqual(new Map([['a', '1']]));
    await rm(`${file}.new`, { recursive: true });
    await store.write([{ type: 'put', key: 'a', value: '3' }]);
    expect(await store.read(['a'])).toEqual(new Map([['a', '3']]));
  });

  it('refuses a place that it can not use', async () => {
    await writeFile(join(folder, 'state'), 'a file where the folder should be');
    await chmod(folder, 0o700);
    await expect(FileStore.open({ file })).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
  });

  it('writes nothing when nothing changes', async () => {
    await using store = await FileStore.open({ file });
    await store.write([{ type: 'delete', key: 'a' }]);
    expect(await readdir(join(folder, 'state'))).toEqual([]);
  });
});
