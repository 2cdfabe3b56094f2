import { describe, expect, it } from 'vitest';
import { AnsweredRequests } from './answered-requests.js';

/** Requests with a record of what was sent. */
function setUp() {
  const sent: string[][] = [];
  const requests = new AnsweredRequests((...frames) => sent.push(frames.map(String)));
  const ask = (payload: string, options: { tagged?: boolean; timeoutMs?: number; signal?: AbortSignal } = {}) =>
    requests.ask('complete', payload, { tagged: false, timeoutMs: 5_000, ...options }).then(String);
  return {
    sent,
    ask,
    answer: (text: string, tag?: string) =>
      requests.answer('completion', Buffer.from(text), tag === undefined ? undefined : Buffer.from(tag)),
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('requests with tags', () => {
  it('are answered in any order', async () => {
    const { sent, ask, answer } = setUp();
    const both = Promise.all([ask('a', { tagged: true }), ask('b', { tagged: true })]);
    expect(sent).toEqual([
      ['complete', 'a', '1'],
      ['complete', 'b', '2'],
    ]);
    expect([answer('B', '2'), answer('A', '1'), answer('?', '9')]).toEqual([true, true, false]);
    expect(await both).toEqual(['A', 'B']);
  });
});

describe('requests without tags', () => {
  it('go out one after another', async () => {
    const { sent, ask, answer } = setUp();
    const [first, second] = [ask('a'), ask('b')];
    await turn();
    expect(sent).toEqual([['complete', 'a']]);
    answer('A');
    expect(await first).toBe('A');
    await turn();
    expect(sent).toHaveLength(2);
    answer('B');
    expect(await second).toBe('B');
  });

  it('drop an answer that nobody waits for', async () => {
    const { ask, answer } = setUp();
    expect(answer('stale')).toBe(false);
    const asked = ask('a');
    await turn();
    answer('A');
    expect(await asked).toBe('A');
  });

  it('leave a late answer to the request that it belongs to', async () => {
    const { ask, answer } = setUp();
    await expect(ask('a', { timeoutMs: 5 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const asked = ask('b');
    await turn();
    expect(answer('late A')).toBe(false);
    expect(answer('B')).toBe(true);
    expect(await asked).toBe('B');
  });

  it('find the order again when an answer never comes', async () => {
    const { ask, answer } = setUp();
    await expect(ask('a', { timeoutMs: 5 })).rejects.toThrow();
    const second = ask('b', { timeoutMs: 20 });
    await turn();
    answer('B, taken for the answer to a');
    await expect(second).rejects.toThrow();
    const third = ask('c');
    await turn();
    answer('C');
    expect(await third).toBe('C');
  });

  it('that wait in line end at their own deadline, all of them', async () => {
    const { sent, ask } = setUp();
    const asked = ['a', 'b', 'c'].map((text) => ask(text, { timeoutMs: 20 }));
    const ends = await Promise.allSettled(asked);
    expect(ends.map((end) => end.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(sent).toHaveLength(1);
  });

  it('end with the reason of their signal', async () => {
    const { ask } = setUp();
    const stop = new AbortController();
    const asked = ask('a', { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});
