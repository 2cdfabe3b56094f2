import { expect, test } from 'vitest';
import { type Task, TaskQueue } from './task-queue.js';

function open() {
  const order: string[] = [];
  const ends: (() => void)[] = [];
  const queue = new TaskQueue((task) => {
    order.push(`${task.opcode} ${task.runId}`);
    return new Promise((resolve) => ends.push(resolve));
  });
  const end = async () => {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, order, end };
}

const task = (opcode: Task['opcode'], runId: string): Task => ({ opcode, runId, text: '' });

test('does one task at a time, in order', async () => {
  const { queue, order, end } = open();
  for (const opcode of ['clean', 'build', 'exec'] as const) expect(queue.submit(task(opcode, 'b'))).toBe('accepted');
  queue.submit(task('code', 'c'));
  expect(order).toEqual(['clean b']);
  expect(queue.active?.runId).toBe('b');
  expect(queue.queuedRuns).toEqual(['c']);
  for (let i = 0; i < 4; i += 1) await end();
  expect(order).toEqual(['clean b', 'build b', 'exec b', 'code c']);
  expect(queue.active).toBeUndefined();
});

test('knows a run that is queued or at work, but not one that is over', async () => {
  const { queue, order, end } = open();
  queue.submit(task('code', 'a'));
  queue.submit(task('code', 'b'));
  expect(queue.submit(task('code', 'a'))).toBe('known');
  expect(queue.submit(task('code', 'b'))).toBe('known');
  await end();
  expect(queue.submit(task('code', 'a'))).toBe('accepted');
  await end();
  expect(order).toEqual(['code a', 'code b', 'code a']);
});

test('runs without a name are all different', () => {
  const { queue } = open();
  expect(['', ''].map((runId) => queue.submit(task('code', runId)))).toEqual(['accepted', 'accepted']);
  expect(queue.queuedRuns).toEqual([]);
});

test('is bounded', () => {
  const { queue } = open();
  const results = Array.from({ length: 5000 }, () => queue.submit(task('code', '')));
  expect(results.at(-1)).toBe('full');
  expect(results.filter((result) => result === 'accepted')).toHaveLength(4097);
});
