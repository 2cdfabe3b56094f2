import { expect, test } from 'vitest';
import { MemoryLogger, nullLogger } from './logger.js';

test('keeps the lines with their fields, those of the parents first', () => {
  const logger = new MemoryLogger();
  const child = logger.child({ name: 'core:Test', kernelId: 'a' });
  child.debug('one');
  child.child({ kernelId: 'b' }).info('two', { extra: 1 });
  logger.warn('three');
  logger.error('four', { error: 'x' });
  expect(logger.lines).toEqual([
    { level: 'debug', message: 'one', fields: { name: 'core:Test', kernelId: 'a' } },
    { level: 'info', message: 'two', fields: { name: 'core:Test', kernelId: 'b', extra: 1 } },
    { level: 'warn', message: 'three', fields: {} },
    { level: 'error', message: 'four', fields: { error: 'x' } },
  ]);
});

test('keeps the newest lines only, of the children too', () => {
  const logger = new MemoryLogger(2);
  const child = logger.child({});
  for (const message of ['one', 'two', 'three']) child.info(message);
  expect(logger.lines.map((line) => line.message)).toEqual(['two', 'three']);
});

test('the null logger takes everything and has itself for a child', () => {
  for (const level of ['debug', 'info', 'warn', 'error'] as const)
    expect(nullLogger[level]('x', { a: 1 })).toBeUndefined();
  expect(nullLogger.child({ a: 1 })).toBe(nullLogger);
});
