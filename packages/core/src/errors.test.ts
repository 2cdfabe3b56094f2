import { describe, expect, it } from 'vitest';
import { BaiError, BugError, DeadlineError, describeError, errorCode, toError } from './errors.js';

class DiskError extends BaiError {
  constructor(cause: unknown) {
    super('DISK_FULL', 'the disk is full', { cause, details: { path: '/x', bytes: 0 }, retryable: true });
  }
}

describe('BaiError', () => {
  it('has a code, a name, details and a cause', () => {
    const cause = new Error('ENOSPC');
    const error = new DiskError(cause);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'DiskError', code: 'DISK_FULL', retryable: true, cause });
    expect(error.details).toEqual({ path: '/x', bytes: 0 });
    expect(error.stack).toContain('DiskError: the disk is full');
  });

  it('has none of what it was not given', () => {
    const error = new BaiError('X', 'text');
    expect(error.details).toEqual({});
    expect(error.retryable).toBe(false);
    expect('cause' in error).toBe(false);
  });

  it('marks a bug as one to report', () => {
    expect(new BugError('two owners')).toMatchObject({
      code: 'BUG',
      message: expect.stringContaining('please report'),
    });
  });

  it('keeps the details of a deadline', () => {
    const error = new DeadlineError('pulling', 5, { details: { image: 'a' } });
    expect(error.details).toEqual({ timeoutMs: 5, image: 'a' });
    expect(error.retryable).toBe(true);
    expect(new DeadlineError('pulling', 5, { retryable: false }).retryable).toBe(false);
  });
});

describe('describeError', () => {
  it('tells the causes in one line', () => {
    const error = new DiskError(new Error('writing failed', { cause: 'ENOSPC' }));
    expect(describeError(error)).toBe('the disk is full: writing failed: ENOSPC');
  });

  it('takes anything, and ends for a cause that is its own', () => {
    const circular = new Error('round');
    circular.cause = circular;
    expect(describeError(circular)).toBe('round: round: round: round: round');
    expect(describeError('text')).toBe('text');
    expect(describeError(42)).toBe('42');
    expect(describeError(undefined)).toBe('undefined');
    expect(describeError(null)).toBe('null');
    expect(describeError(Object.create(null))).not.toBe('');
  });
});

describe('errorCode and toError', () => {
  it('find the code of ours and of Node', () => {
    expect(errorCode(new DiskError(undefined))).toBe('DISK_FULL');
    expect(errorCode(Object.assign(new Error(), { code: 'ENOENT' }))).toBe('ENOENT');
    for (const other of [new Error('x'), { code: 5 }, 'ENOENT', null, undefined]) {
      expect(errorCode(other)).toBeUndefined();
    }
  });

  it('keep an error and wrap the rest', () => {
    const error = new Error('x');
    expect(toError(error)).toBe(error);
    expect(toError('text')).toMatchObject({ message: 'text' });
    expect(toError(Object.create(null))).toBeInstanceOf(Error);
  });
});
