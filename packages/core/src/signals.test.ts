import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { abortable, poll, sleep, withDeadline } from './signals.js';

const REASON = new Error('the caller has had enough');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0); // nothing leaves a timer behind
  vi.useRealTimers();
});

/** The signal of a controller, and how many listen to it. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const add = vi.spyOn(signal, 'addEventListener');
  const remove = vi.spyOn(signal, 'removeEventListener');
  return { controller, signal, listeners: () => add.mock.calls.length - remove.mock.calls.length };
}

describe('sleep', () => {
  it('resolves after its time', async () => {
    const { signal, listeners } = countedSignal();
    let awake = false;
    const sleeping = sleep(1000, signal).then(() => {
      awake = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
    expect(listeners()).toBe(0);
  });

  it('rejects with the reason of its signal, before and meanwhile', async () => {
    await expect(sleep(1000, AbortSignal.abort(REASON))).rejects.toBe(REASON);
    const controller = new AbortController();
    const sleeping = expect(sleep(1000, controller.signal)).rejects.toBe(REASON);
    controller.abort(REASON);
    await sleeping;
  });

  it('does not take a very long time for none', async () => {
    const controller = new AbortController();
    const sleeping = sleep(Number.POSITIVE_INFINITY, controller.signal);
    await vi.advanceTimersByTimeAsync(60_000);
    controller.abort(REASON);
    await expect(sleeping).rejects.toBe(REASON);
  });
});

describe('withDeadline', () => {
  it('answers with what the work answers, and takes its timer and its listener away', async () => {
    const { signal, listeners } = countedSignal();
    expect(await withDeadline('adding', 1000, signal, async () => 42)).toBe(42);
    await expect(withDeadline('failing', 1000, signal, () => Promise.reject(REASON))).rejects.toBe(REASON);
    const throwing = withDeadline('throwing', 1000, signal, () => {
      throw REASON;
    });
    await expect(throwing).rejects.toBe(REASON);
    expect(listeners()).toBe(0);
  });

  it('ends at the deadline, tells the work, and does not wait for it', async () => {
    let given: AbortSignal | undefined;
    const work = (signal: AbortSignal) => {
      given = signal;
      return new Promise<never>(() => {});
    };
    const ending = expect(withDeadline('starting the runner', 1500, undefined, work)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: 'starting the runner did not finish within 1500 ms',
      retryable: true,
      details: { timeoutMs: 1500 },
    });
    await vi.advanceTimersByTimeAsync(1500);
    await ending;
    expect(given?.aborted).toBe(true);
  });

  it("ends with the caller's signal, and starts nothing when that is aborted already", async () => {
    const controller = new AbortController();
    const work = vi.fn(() => new Promise<never>(() => {}));
    const ending = expect(withDeadline('waiting', 1000, controller.signal, work)).rejects.toBe(REASON);
    controller.abort(REASON);
    await ending;
    await expect(withDeadline('waiting', 1000, controller.signal, work)).rejects.toBe(REASON);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('lets a failure after the deadline go unseen, since its end was told', async () => {
    const work = () => new Promise<never>((_, reject) => setTimeout(() => reject(new Error('late')), 2000));
    const ending = expect(withDeadline('waiting', 1000, undefined, work)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await vi.advanceTimersByTimeAsync(2000);
    await ending;
  });
});

describe('abortable', () => {
  it('is the promise itself without a signal', async () => {
    const promise = Promise.resolve(1);
    expect(abortable(promise, undefined)).toBe(promise);
    await promise;
  });

  it('settles like its promise, or with the reason if that comes first', async () => {
    const { signal, controller, listeners } = countedSignal();
    expect(await abortable(Promise.resolve(1), signal)).toBe(1);
    await expect(abortable(Promise.reject(REASON), signal)).rejects.toBe(REASON);
    expect(listeners()).toBe(0);
    const ending = expect(abortable(new Promise(() => {}), signal)).rejects.toBe(REASON);
    controller.abort(REASON);
    await ending;
    await expect(abortable(new Promise(() => {}), signal)).rejects.toBe(REASON);
  });
});

describe('poll', () => {
  it('asks until it has an answer, and takes false and 0 for one', async () => {
    const answers = [undefined, undefined, 0];
    const polling = poll('counting', { timeoutMs: 1000, intervalMs: 10 }, () => answers.shift());
    await vi.advanceTimersByTimeAsync(20);
    expect(await polling).toBe(0);
    expect(answers).toEqual([]);
  });

  it('gives up at its deadline, and with its signal', async () => {
    const never = async () => undefined;
    const late = expect(poll('hoping', { timeoutMs: 95, intervalMs: 10 }, never)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await vi.advanceTimersByTimeAsync(95);
    await late;
    const controller = new AbortController();
    const options = { timeoutMs: 1000, intervalMs: 10, signal: controller.signal };
    const ended = expect(poll('hoping', options, never)).rejects.toBe(REASON);
    await vi.advanceTimersByTimeAsync(15);
    controller.abort(REASON);
    await ended;
  });

  it('passes on what the condition throws', async () => {
    const polling = poll('asking', { timeoutMs: 1000, intervalMs: 10 }, () => Promise.reject(REASON));
    await expect(polling).rejects.toBe(REASON);
  });
});
