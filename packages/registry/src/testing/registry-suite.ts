import { poll, TaskGroup } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { quoteComponent } from '../keys.js';
import type { Registry, RegistryChange, WriteOptions } from '../port.js';
import type { RegistryIdentity } from '../scoped-registry.js';
import { toPlain } from './to-plain.js';

/** One empty store that several agents share. */
export interface RegistryHarness extends AsyncDisposable {
  /** The registry as one agent sees it. The suite closes it. */
  connect(identity: RegistryIdentity): Promise<Registry>;
}

const WAIT = { timeoutMs: 10_000, intervalMs: 5 };
const NODE = { scope: 'node' } as const;
const SGROUP = { scope: 'sgroup' } as const;
const GLOBAL = { scope: 'global' } as const;

/** The contract of {@link Registry}: every implementation passes it. */
export function describeRegistry(name: string, open: () => Promise<RegistryHarness>): void {
  describe(`${name} as a Registry`, () => {
    let harness: RegistryHarness;
    let registry: Registry;
    let neighbour: Registry;
    let watches: TaskGroup;

    beforeEach(async () => {
      harness = await open();
      registry = await harness.connect({ agentId: 'i-1', scalingGroup: 'gpu' });
      neighbour = await harness.connect({ agentId: 'i-10', scalingGroup: 'gpu' });
      watches = new TaskGroup(() => {});
    });
    afterEach(async () => {
      await watches[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      await neighbour[Symbol.asyncDispose]();
      await harness[Symbol.asyncDispose]();
    });

    /** Reads a watch in the background. Returns once it stands. */
    async function follow(
      on: Registry,
      prefix: string,
      options: WriteOptions = {},
    ): Promise<readonly RegistryChange[]> {
      const seen: RegistryChange[] = [];
      watches.run('watch', async (signal) => {
        for await (const change of on.watch(prefix, { ...options, signal })) seen.push(change);
      });
      await poll('the watch', WAIT, () => (seen.length > 0 ? true : undefined));
      expect(seen).toEqual([{ type: 'relist' }]);
      return seen;
    }

    const reaches = (seen: readonly RegistryChange[], count: number) =>
      poll(`${count} changes`, WAIT, () => (seen.length >= count ? seen.slice(1) : undefined));

    describe('keys and values', () => {
      it('gives back what was put, and undefined for what was not', async () => {
        await registry.put('config/redis/addr', '127.0.0.1:6379');
        expect(await registry.get('config/redis/addr')).toBe('127.0.0.1:6379');
        expect(await registry.get('config/redis')).toBeUndefined();
        expect(await registry.get('nothing')).toBeUndefined();
      });

      it.each(['', 'ünïcödé 🙂', ' blank ', 'line\nbreak', 'x'.repeat(100_000)])(
        'keeps the value %j',
        async (value) => {
          await registry.put('key', value);
          expect(await registry.get('key')).toBe(value);
        },
      );

      it('overwrites and deletes', async () => {
        await registry.put('key', '1');
        await registry.put('key', '2');
        expect(await neighbour.get('key')).toBe('2');
        await registry.delete('key');
        await registry.delete('key');
        expect(await neighbour.get('key')).toBeUndefined();
      });

      it('tells a key from the same with a slash at its end', async () => {
        await registry.put('nodes/agents/i-1/', 'running');
        expect(await registry.get('nodes/agents/i-1')).toBeUndefined();
        expect(await registry.get('', NODE)).toBe('running');
      });

      it.each(['', '/absolute', 'a//b', 'nul\0', 'line\n', '\ud800', 'x'.repeat(2000)])(
        'refuses the key %j',
        async (key) => {
          await expect(registry.put(key, 'x')).rejects.toMatchObject({ code: 'REGISTRY_INVALID_KEY' });
          await expect(registry.putMany({ fine: 'x', [key]: 'x' })).rejects.toMatchObject({
            code: 'REGISTRY_INVALID_KEY',
          });
          expect(await registry.get('fine')).toBeUndefined();
        },
      );

      it('writes many entries together', async () => {
        await registry.putMany({ 'a/x': '1', 'a/y': '2' }, NODE);
        await registry.putMany({});
        expect(toPlain(await registry.getPrefix('a', NODE))).toEqual({ x: '1', y: '2' });
      });

      it('shows others all of many entries or none', async () => {
        const names = Array.from({ length: 20 }, (_, index) => `many/${index}`);
        await registry.putMany(Object.fromEntries(names.map((key) => [key, '0'])));
        const writing = (async () => {
          for (let round = 1; round <= 10; round += 1) {
            await registry.putMany(Object.fromEntries(names.map((key) => [key, String(round)])));
          }
        })();
        for (let reading = 0; reading < 50; reading += 1) {
          expect(new Set((await neighbour.getPrefix('many')).values()).size).toBe(1);
        }
        await writing;
      });
    });

    describe('scopes', () => {
      it('reads the narrowest scope that has the key, also with an empty value', async () => {
        await registry.put('key', 'global');
        expect(await registry.get('key')).toBe('global');
        await registry.put('key', 'group', SGROUP);
        expect(await registry.get('key')).toBe('group');
        await registry.put('key', '', NODE);
        expect(await registry.get('key')).toBe('');
        expect(await registry.get('key', SGROUP)).toBe('group');
        expect(await registry.get('key', GLOBAL)).toBe('global');
        expect(await neighbour.get('key')).toBe('group');
      });

      it('keeps the scopes where other agents and managers look for them', async () => {
        await registry.put('ip', '10.0.0.1', NODE);
        await registry.put('limit', '5', SGROUP);
        expect(await neighbour.get('nodes/agents/i-1/ip', GLOBAL)).toBe('10.0.0.1');
        expect(await neighbour.get('sgroup/gpu/limit', GLOBAL)).toBe('5');
      });

      it('has no scope of a group for an agent without one', async () => {
        const single = await harness.connect({ agentId: 'i-2' });
        await registry.put('key', 'group', SGROUP);
        await registry.put('key', 'global');
        expect(await single.get('key')).toBe('global');
        expect(await single.get('key', SGROUP)).toBeUndefined();
        await expect(single.put('key', 'x', SGROUP)).rejects.toMatchObject({ code: 'REGISTRY_INVALID_KEY' });
        await single[Symbol.asyncDispose]();
      });
    });

    describe('prefixes', () => {
      it('nests keys, decodes their components, and keeps the value of a key that has others below', async () => {
        await registry.putMany({
          'p/a': '1',
          'p/a/x': '2',
          'p/b/y/z': '3',
          [`p/${quoteComponent('localhost:5000/x')}`]: '4',
        });
        expect(toPlain(await registry.getPrefix('p'))).toEqual({
          a: { '': '1', x: '2' },
          b: { y: { z: '3' } },
          'localhost:5000/x': '4',
        });
      });

      it('takes a prefix for a key and all below it, not for a beginning of names', async () => {
        await registry.putMany({ 'config/redis': 'own', 'config/redis/addr': '1', 'config/redis2/addr': '2' });
        expect(toPlain(await registry.getPrefix('config/redis'))).toEqual({ '': 'own', addr: '1' });
        expect(toPlain(await registry.getPrefix('config/redis/'))).toEqual({ '': 'own', addr: '1' });
        expect(toPlain(await registry.getPrefix('nothing'))).toEqual({});
      });

      it('lays scopes over each other at the first level only', async () => {
        await registry.putMany({
          'config/agent/logs/max': '1',
          'config/agent/logs/chunk': '2',
          'config/agent/api': '3',
        });
        await registry.put('config/agent/logs/chunk', '9', NODE);
        expect(toPlain(await registry.getPrefix('config/agent'))).toEqual({ logs: { chunk: '9' }, api: '3' });
        expect(toPlain(await registry.getPrefix('config/agent', GLOBAL))).toEqual({
          logs: { max: '1', chunk: '2' },
          api: '3',
        });
        expect(toPlain(await registry.getPrefix('', NODE))).toEqual({ config: { agent: { logs: { chunk: '9' } } } });
      });

      it('deletes exactly an agent, not those whose names begin like its', async () => {
        for (const each of [registry, neighbour]) await each.putMany({ '': 'running', ip: '10.0.0.1' }, NODE);
        await registry.put('nodes/agents/i-1', 'running');
        await registry.deletePrefix('', NODE);
        await registry.deletePrefix('', NODE);
        expect(toPlain(await registry.getPrefix('nodes/agents'))).toEqual({
          'i-10': { '': 'running', ip: '10.0.0.1' },
        });
      });

      it('refuses to delete everything', async () => {
        await registry.put('key', 'x');
        await expect(registry.deletePrefix('')).rejects.toMatchObject({ code: 'REGISTRY_INVALID_KEY' });
        expect(await registry.get('key')).toBe('x');
      });
    });

    describe('compare and set', () => {
      it('writes only over what was expected', async () => {
        expect(await registry.compareAndSet('lock', undefined, 'a')).toBe(true);
        expect(await neighbour.compareAndSet('lock', undefined, 'b')).toBe(false);
        expect(await neighbour.compareAndSet('lock', 'b', 'c')).toBe(false);
        expect(await registry.get('lock')).toBe('a');
        expect(await neighbour.compareAndSet('lock', 'a', 'c')).toBe(true);
        expect(await registry.get('lock')).toBe('c');
      });

      it('lets one of many win', async () => {
        const wins = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            (index % 2 === 0 ? registry : neighbour).compareAndSet('lock', undefined, String(index)),
          ),
        );
        expect(wins.filter(Boolean)).toHaveLength(1);
        expect(await registry.get('lock')).toBe(String(wins.indexOf(true)));
      });
    });

    describe('watches', () => {
      it('begin with relist, and tell what others change, in order', async () => {
        await registry.put('nodes/manager/m1', 'down');
        const seen = await follow(registry, 'nodes/manager');
        await neighbour.put('nodes/manager/m1', 'up');
        await neighbour.put('nodes/manager', 'm1');
        await neighbour.put('nodes/managers', 'not this one');
        await neighbour.delete('nodes/manager/m1');
        await neighbour.put('nodes/manager/m2', 'up');
        expect(await reaches(seen, 5)).toEqual([
          { type: 'put', key: 'nodes/manager/m1', value: 'up' },
          { type: 'put', key: 'nodes/manager', value: 'm1' },
          { type: 'delete', key: 'nodes/manager/m1' },
          { type: 'put', key: 'nodes/manager/m2', value: 'up' },
        ]);
      });

      it('tell keys as they are in their scope', async () => {
        const seen = await follow(registry, 'config', NODE);
        await neighbour.put('config/a', 'of another', NODE);
        await registry.put('config/a', 'own', NODE);
        expect(await reaches(seen, 2)).toEqual([{ type: 'put', key: 'config/a', value: 'own' }]);
      });

      it('tell every entry of many, and every key of a deleted prefix', async () => {
        const seen = await follow(registry, 'p');
        await registry.putMany({ 'p/a': '1', 'p/b': '2' });
        await registry.deletePrefix('p');
        const changes = await reaches(seen, 5);
        expect(new Set(changes.slice(0, 2).map((change) => JSON.stringify(change)))).toEqual(
          new Set(['{"type":"put","key":"p/a","value":"1"}', '{"type":"put","key":"p/b","value":"2"}']),
        );
        expect(changes.slice(2)).toEqual([
          { type: 'delete', key: 'p/a' },
          { type: 'delete', key: 'p/b' },
        ]);
      });

      it('miss nothing: what was read at relist and what follows make the whole', async () => {
        const writing = (async () => {
          for (let index = 0; index < 50; index += 1) await neighbour.put(`count/${index}`, 'x');
        })();
        const known = new Set<string>();
        for await (const change of registry.watch('count', { signal: AbortSignal.timeout(15_000) })) {
          if (change.type === 'relist')
            for (const key of (await registry.getPrefix('count')).keys()) known.add(`count/${key}`);
          else if (change.type === 'put') known.add(change.key);
          if (known.size === 50) break;
        }
        await writing;
        expect(known.size).toBe(50);
      });

      it('lose nothing for good with a slow reader', async () => {
        const watch = registry.watch('burst', { signal: AbortSignal.timeout(15_000) });
        const iterator = watch[Symbol.asyncIterator]();
        expect((await iterator.next()).value).toEqual({ type: 'relist' });
        const known = new Set<string>();
        for (let first = 0; first < 3000; first += 100) {
          const names = Array.from({ length: 100 }, (_, offset) => `burst/${first + offset}`);
          await neighbour.putMany(Object.fromEntries(names.map((key) => [key, 'x'])));
        }
        while (known.size < 3000) {
          const { value: change, done } = await iterator.next();
          if (done === true) throw new Error(`the watch ended after ${known.size} keys`);
          if (change.type === 'put') known.add(change.key);
          if (change.type !== 'relist') continue;
          for (const name of (await registry.getPrefix('burst')).keys()) known.add(`burst/${name}`);
        }
        await iterator.return?.();
      });

      it('end with the reason of their signal', async () => {
        const controller = new AbortController();
        const reason = new Error('enough');
        const iterator = registry.watch('p', { signal: controller.signal })[Symbol.asyncIterator]();
        await iterator.next();
        const waiting = iterator.next();
        controller.abort(reason);
        await expect(waiting).rejects.toBe(reason);
      });

      it('refuse bad prefixes', async () => {
        const iterator = registry.watch('a//b')[Symbol.asyncIterator]();
        await expect(iterator.next()).rejects.toMatchObject({ code: 'REGISTRY_INVALID_KEY' });
      });
    });

    describe('signals', () => {
      it('end every wait with their reason', async () => {
        const reason = new Error('enough');
        const options = { signal: AbortSignal.abort(reason) };
        const calls = [
          registry.get('key', options),
          registry.getPrefix('key', options),
          registry.put('key', 'x', options),
          registry.putMany({ key: 'x' }, options),
          registry.delete('key', options),
          registry.deletePrefix('key', options),
          registry.compareAndSet('key', undefined, 'x', options),
        ];
        for (const call of calls) await expect(call).rejects.toBe(reason);
        expect(await registry.get('key')).toBeUndefined();
      });
    });
  });
}
