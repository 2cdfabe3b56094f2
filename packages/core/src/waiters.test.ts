import { expect, test } from 'vitest';
import { Waiters } from './waiters.js';

test('wakes in the order of arrival, one at a time', async () => {
  const waiters = new Waiters();
  const woken: number[] = [];
  const waits = [1, 2, 3].map((number) => waiters.wait().then(() => woken.push(number)));
  waiters.wakeOne();
  waiters.wakeOne();
  await Promise.all(waits.slice(0, 2));
  expect(woken).toEqual([1, 2]);
  waiters.wakeAll();
  await Promise.all(waits);
  expect(woken).toEqual([1, 2, 3]);
  expect(waiters.size).toBe(0);
});

test('one that gave up is gone, and the wake-up reaches the next', async () => {
  const waiters = new Waiters();
  const controller = new AbortController();
  const impatient = waiters.wait(controller.signal);
  const patient = waiters.wait();
  controller.abort('enough');
  await expect(impatient).rejects.toBe('enough');
  expect(waiters.size).toBe(1);
  waiters.wakeOne();
  await patient;
});

test('one that was woken stays woken, even when its signal aborts in the same moment', async () => {
  const waiters = new Waiters();
  const controller = new AbortController();
  const wait = waiters.wait(controller.signal);
  waiters.wakeOne();
  controller.abort('too late');
  await wait;
});

test('an aborted signal is not waited for', async () => {
  const waiters = new Waiters();
  await expect(waiters.wait(AbortSignal.abort('before'))).rejects.toBe('before');
  expect(waiters.size).toBe(0);
});

test('waking nobody is remembered by nobody', async () => {
  const waiters = new Waiters();
  waiters.wakeOne();
  waiters.wakeAll();
  const controller = new AbortController();
  const wait = waiters.wait(controller.signal);
  expect(waiters.size).toBe(1);
  controller.abort('still waiting');
  await expect(wait).rejects.toBe('still waiting');
});
