import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from './bounded-queue.js';

async function drain<T>(queue: BoundedQueue<T>): Promise<T[]> {
  queue.close();
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

describe('BoundedQueue', () => {
  it('hands on in order, to a consumer that waits and to one that comes later', async () => {
    const queue = new BoundedQueue<number>(4);
    const early = queue.shift();
    await queue.push(1);
    await queue.push(2);
    expect(await early).toBe(1);
    expect(await queue.shift()).toBe(2);
    expect(queue.size).toBe(0);
  });

  it('holds a producer up when it is full, until there is room', async () => {
    const queue = new BoundedQueue<number>(1);
    await queue.push(1);
    let pushed = false;
    const second = queue.push(2).then((taken) => {
      pushed = true;
      return taken;
    });
    await Promise.resolve();
    expect(pushed).toBe(false);
    expect(queue.offer(3)).toBe(false);
    expect(await queue.shift()).toBe(1);
    expect(await second).toBe(true);
    expect(await drain(queue)).toEqual([2]);
  });

  it('drops the oldest and counts it, or refuses the newest, as it was told', async () => {
    const dropping = new BoundedQueue<number>(2, 'drop-oldest');
    for (const item of [1, 2, 3, 4]) expect(await dropping.push(item)).toBe(true);
    expect(dropping.dropped).toBe(2);
    expect(await drain(dropping)).toEqual([3, 4]);
    const refusing = new BoundedQueue<number>(2, 'reject');
    expect(await Promise.all([1, 2, 3].map((item) => refusing.push(item)))).toEqual([true, true, false]);
    expect(refusing.dropped).toBe(0);
    expect(await drain(refusing)).toEqual([1, 2]);
  });

  it('takes nothing after the close, gives out what is inside, and ends every wait', async () => {
    const full = new BoundedQueue<number>(1);
    await full.push(1);
    const blocked = full.push(2);
    full.close();
    expect(await blocked).toBe(false);
    expect(await full.push(3)).toBe(false);
    expect(await full.shift()).toBe(1);
    expect(await full.shift()).toBeUndefined();
    const empty = new BoundedQueue<number>(1);
    const waiting = [empty.shift(), empty.shift()];
    empty.close();
    empty.close();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
  });

  it('loses no wake-up to a consumer that gave up', async () => {
    const queue = new BoundedQueue<number>(1);
    const controller = new AbortController();
    const impatient = queue.shift(controller.signal);
    const patient = queue.shift();
    controller.abort('enough');
    await expect(impatient).rejects.toBe('enough');
    await queue.push(1);
    expect(await patient).toBe(1);
  });

  it('loses no wake-up to a producer that gave up', async () => {
    const queue = new BoundedQueue<number>(1);
    await queue.push(1);
    const controller = new AbortController();
    const impatient = queue.push(2, controller.signal);
    const patient = queue.push(3);
    controller.abort('enough');
    await expect(impatient).rejects.toBe('enough');
    expect(await queue.shift()).toBe(1);
    expect(await patient).toBe(true);
    expect(await queue.shift()).toBe(3);
  });

  it('gives the item to a consumer that was woken, though its signal aborts in the same moment', async () => {
    const queue = new BoundedQueue<number>(1);
    const controller = new AbortController();
    const taken = queue.shift(controller.signal);
    queue.offer(1);
    controller.abort('too late');
    expect(await taken).toBe(1);
  });

  it('does not leave listeners on a signal that serves many waits', async () => {
    const queue = new BoundedQueue<number>(1);
    const { signal } = new AbortController();
    let listeners = 0;
    const [add, remove] = [signal.addEventListener, signal.removeEventListener];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove.apply(signal, args);
    };
    for (let item = 0; item < 5; item += 1) {
      const next = queue.shift(signal);
      queue.offer(item);
      expect(await next).toBe(item);
    }
    expect(listeners).toBe(0);
  });

  it('refuses to have no room', () => {
    for (const capacity of [0, -1, Number.NaN]) {
      expect(() => new BoundedQueue(capacity)).toThrow(expect.objectContaining({ code: 'BUG' }));
    }
  });

  it('hands on each item once and in order, whoever gives up meanwhile', async () => {
    const steps = fc.array(fc.constantFrom('push', 'shift', 'impatient push', 'impatient shift'), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (plan, capacity) => {
        const queue = new BoundedQueue<number>(capacity);
        const accepted: Promise<number | undefined>[] = [];
        const received: Promise<number | undefined>[] = [];
        const giveUp = () => undefined;
        for (const [number, step] of plan.entries()) {
          const controller = new AbortController();
          const signal = step.startsWith('impatient') ? controller.signal : undefined;
          if (step.endsWith('push'))
            accepted.push(queue.push(number, signal).then((ok) => (ok ? number : undefined), giveUp));
          else received.push(queue.shift(signal).catch(giveUp));
          controller.abort();
          await Promise.resolve();
          expect(queue.size).toBeLessThanOrEqual(capacity);
        }
        const rest = await drain(queue);
        const got = [...(await Promise.all(received)), ...rest].filter((item) => item !== undefined);
        const given = (await Promise.all(accepted)).filter((item) => item !== undefined);
        expect(got).toEqual([...given].sort((a, b) => a - b));
      }),
    );
  });
});
