import { describe, expect, it } from 'vitest';
import { SerialQueue } from './serial-queue.js';

describe('SerialQueue', () => {
  it('runs tasks one after another and in order', async () => {
    const queue = new SerialQueue();
    const log: string[] = [];
    const task = (name: string, turns: number) =>
      queue.run(async () => {
        log.push(`${name} begins`);
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        log.push(`${name} ends`);
        return name;
      });
    expect(await Promise.all([task('a', 20), task('b', 1)])).toEqual(['a', 'b']);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('gives a failure to its caller and goes on', async () => {
    const queue = new SerialQueue();
    const failing = queue.run(() => Promise.reject(new Error('no')));
    const following = queue.run(() => Promise.resolve(1));
    expect(queue.pending).toBe(2);
    await expect(failing).rejects.toThrow('no');
    expect(await following).toBe(1);
    await queue.idle();
    expect(queue.pending).toBe(0);
  });
});
