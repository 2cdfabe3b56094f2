import { expect, test } from 'vitest';
import { parseCompletionRequest } from './completion-request.js';

const parse = (value: unknown) => parseCompletionRequest(Buffer.from(JSON.stringify(value)));

test.each([
  [{ code: 'imp', row: 0, col: 3, line: 'imp', post: '' }, 3],
  [{ code: 'a\nbcd\ne', row: 1, col: 2 }, 4],
  [{ code: 'abc' }, 3],
  [{ code: 'abc', row: 'x', col: null }, 3],
  [{ code: 'abc', row: 7, col: 99 }, 3],
  [{}, 0],
])('%j has its cursor at %i', (value, position) => {
  expect(parse(value).position).toBe(position);
});

test('refuses what is no object', () => {
  expect(() => parse([1])).toThrow(/JSON object/);
  expect(() => parseCompletionRequest(Buffer.from('{'))).toThrow(/not JSON/);
});
