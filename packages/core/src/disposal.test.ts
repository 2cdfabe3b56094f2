import { expect, test } from 'vitest';
import { DisposalStack } from './disposal.js';

class Resource implements Disposable {
  constructor(readonly close: () => void) {}
  [Symbol.dispose](): void {
    this.close();
  }
}

test('closes what was opened, newest first, and waits for each', async () => {
  const closed: string[] = [];
  const stack = new DisposalStack();
  const resource = stack.use(new Resource(() => closed.push('sync')));
  expect(resource).toBeInstanceOf(Resource);
  stack.use(
    {
      async [Symbol.asyncDispose]() {
        await Promise.resolve();
        closed.push('async');
      },
    },
    'named',
  );
  stack.defer('function', () => closed.push('function'));
  expect(stack.names).toEqual(['Resource', 'named', 'function']);
  await stack[Symbol.asyncDispose]();
  expect(closed).toEqual(['function', 'async', 'sync']);
  expect(stack.names).toEqual([]);
});

test('closes each once, and every closer waits for the same end', async () => {
  let count = 0;
  const stack = new DisposalStack();
  stack.defer('counter', async () => {
    await Promise.resolve();
    count += 1;
  });
  await Promise.all([stack[Symbol.asyncDispose](), stack[Symbol.asyncDispose]()]);
  await stack[Symbol.asyncDispose]();
  expect(count).toBe(1);
});

test('a failure stops nothing and is thrown at the end; several are thrown together', async () => {
  const closed: string[] = [];
  const one = new DisposalStack();
  one.defer('last', () => closed.push('last'));
  one.defer('broken', () => {
    throw new Error('broken');
  });
  await expect(one[Symbol.asyncDispose]()).rejects.toThrow('broken');
  expect(closed).toEqual(['last']);
  const two = new DisposalStack();
  two.defer('first', () => Promise.reject(new Error('a')));
  two.defer('second', () => Promise.reject(new Error('b')));
  const failure = await two[Symbol.asyncDispose]().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(AggregateError);
  expect((failure as AggregateError).errors.map((error: Error) => error.message)).toEqual(['b', 'a']);
});

test('moves its entries out of the reach of its own end', async () => {
  const closed: string[] = [];
  let kept: DisposalStack;
  {
    await using opening = new DisposalStack();
    opening.defer('kept', () => closed.push('kept'));
    kept = opening.move();
  }
  expect(closed).toEqual([]);
  expect(kept.names).toEqual(['kept']);
  await kept[Symbol.asyncDispose]();
  expect(closed).toEqual(['kept']);
});

test('refuses what it would never close', async () => {
  const stack = new DisposalStack();
  await stack[Symbol.asyncDispose]();
  expect(() => stack.use(new Resource(() => {}), 'late')).toThrow(/'late' was opened on a stack that is closed/);
});
