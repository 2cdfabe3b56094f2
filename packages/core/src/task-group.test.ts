import { expect, test } from 'vitest';
import { sleep } from './signals.js';
import { TaskGroup } from './task-group.js';

const unexpected = (error: Error) => {
  throw error;
};

test('the end of the group aborts its tasks and waits for them', async () => {
  const events: string[] = [];
  const group = new TaskGroup(unexpected);
  group.run('sleeper', async (signal) => {
    await sleep(600_000, signal).catch(() => events.push('woken'));
    await Promise.resolve();
    events.push('cleaned up');
  });
  expect(group.size).toBe(1);
  await group[Symbol.asyncDispose]();
  expect(events).toEqual(['woken', 'cleaned up']);
  expect(group.size).toBe(0);
  expect(group.signal.aborted).toBe(true);
});

test('a failure reaches the owner with the name of its task, and the others go on', async () => {
  const failures: string[] = [];
  const group = new TaskGroup((error, task) => failures.push(`${task}: ${error.message}`));
  let finished = false;
  group.run('rejects', () => Promise.reject(new Error('no')));
  group.run('throws text', async () => {
    throw 'text';
  });
  group.run('throws at once', () => {
    throw new Error('at once');
  });
  group.run('works', async () => {
    finished = true;
  });
  while (group.size > 0) await Promise.resolve();
  expect(failures.sort()).toEqual(['rejects: no', 'throws at once: at once', 'throws text: text']);
  expect(finished).toBe(true);
  await group[Symbol.asyncDispose]();
});

test('what an aborted task rejects with is not reported', async () => {
  const group = new TaskGroup(unexpected);
  group.run('sleeper', (signal) => sleep(600_000, signal));
  await group[Symbol.asyncDispose]();
});

test('a task of the last moment is waited for, a later one is not started', async () => {
  const ran: string[] = [];
  const group = new TaskGroup(unexpected);
  group.run('parent', async (signal) => {
    await sleep(600_000, signal).catch(() => {});
    group.run('child', async () => {
      await Promise.resolve();
      ran.push('child');
    });
  });
  await group[Symbol.asyncDispose]();
  group.run('late', async () => {
    ran.push('late');
  });
  expect(ran).toEqual(['child']);
  expect(group.size).toBe(0);
});
