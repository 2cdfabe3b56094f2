import { createServer, type Server } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortPool } from './port-pool.js';

const HOST = '127.0.0.1';

/** A run of ports that are free at the moment: below the range from which the system picks ports for clients. */
async function freeRange(count: number): Promise<[number, number]> {
  for (let first = 20_000 + Math.floor(Math.random() * 8000); ; first += count) {
    const servers = await Promise.all(Array.from({ length: count }, (_, offset) => listen(first + offset)));
    await Promise.all(servers.map((server) => close(server)));
    if (servers.every((server) => server !== undefined)) return [first, first + count - 1];
  }
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: HOST }, () => resolve(server));
  });
}

const close = (server: Server | undefined) =>
  new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));

describe('PortPool', () => {
  it('gives ports of its range, the lowest first, and all of an owner back at once', async () => {
    const range = await freeRange(4);
    const pool = new PortPool({ range, host: HOST, cooldownMs: 0 });
    expect(await pool.allocate('a', 2)).toEqual([range[0], range[0] + 1]);
    expect(await pool.allocate('a', 1)).toEqual([range[0] + 2]);
    expect(pool.available).toBe(1);
    pool.release('a');
    pool.release('a');
    pool.release('nobody');
    expect(pool.available).toBe(4);
  });

  it('gives the port that has been free for longest', async () => {
    const range = await freeRange(3);
    const pool = new PortPool({ range, host: HOST, cooldownMs: 0 });
    const [first] = await pool.allocate('a', 1);
    pool.release('a');
    expect(await pool.allocate('b', 3)).toEqual([range[0] + 1, range[0] + 2, first]);
  });

  it('lets a port rest after its release', async () => {
    let now = 0;
    const pool = new PortPool({ range: await freeRange(1), host: HOST, cooldownMs: 100, now: () => now });
    const ports = await pool.allocate('a', 1);
    pool.release('a');
    now = 99;
    await expect(pool.allocate('b', 1)).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED', retryable: true });
    now = 100;
    expect(await pool.allocate('b', 1)).toEqual(ports);
  });

  it('gives all or none', async () => {
    const pool = new PortPool({ range: await freeRange(2), host: HOST, cooldownMs: 0 });
    await expect(pool.allocate('a', 3)).rejects.toThrow(/no 3 free ports between/);
    expect(pool.available).toBe(2);
    expect(await pool.allocate('a', 2)).toHaveLength(2);
  });

  it('passes over a port that another program has', async () => {
    const range = await freeRange(2);
    const stranger = await listen(range[0]);
    const pool = new PortPool({ range, host: HOST, cooldownMs: 0 });
    expect(await pool.allocate('a', 1)).toEqual([range[1]]);
    await expect(pool.allocate('b', 1)).rejects.toThrow(/1 are taken by other programs/);
    await close(stranger);
    expect(await pool.allocate('b', 1)).toEqual([range[0]]);
  });

  it('gives no port to two callers that ask at the same time', async () => {
    const pool = new PortPool({ range: await freeRange(8), host: HOST, cooldownMs: 0 });
    const grants = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => pool.allocate(owner, 2)));
    expect(new Set(grants.flat()).size).toBe(8);
  });

  it('takes back the ports of an owner of before, also one that listens already', async () => {
    const range = await freeRange(3);
    const listening = await listen(range[0]);
    const pool = new PortPool({ range, host: HOST, cooldownMs: 0 });
    pool.restore('old', [range[0], 1]);
    expect(await pool.allocate('new', 2)).toEqual([range[0] + 1, range[1]]);
    await close(listening);
    pool.release('old');
    expect(pool.available).toBe(1);
  });

  it('ends at an abort and keeps nothing', async () => {
    const reason = new Error('enough');
    const pool = new PortPool({ range: await freeRange(2), host: HOST, cooldownMs: 0 });
    await expect(pool.allocate('a', 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = pool.allocate('a', 1, { signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(pool.available).toBe(2);
  });

  it('has every port in one place, whatever happens', async () => {
    const range = await freeRange(6);
    const step = fc.record({
      owner: fc.constantFrom('a', 'b', 'c'),
      count: fc.integer({ min: 0, max: 4 }),
      release: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const pool = new PortPool({ range, host: HOST, cooldownMs: 0 });
        const held = new Map<string, number[]>();
        for (const { owner, count, release } of steps) {
          if (release) {
            pool.release(owner);
            held.delete(owner);
          }
          const ports = await pool.allocate(owner, count).catch(() => []);
          held.set(owner, [...(held.get(owner) ?? []), ...ports]);
          const all = [...held.values()].flat();
          expect(new Set(all).size).toBe(all.length);
          expect(pool.available).toBe(6 - all.length);
        }
      }),
      { numRuns: 20 },
    );
  });
});
