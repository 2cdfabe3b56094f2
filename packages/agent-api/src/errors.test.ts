import { BaiError, describeError, errorCode, newKernelId } from '@bai/core';
import { expect, expectTypeOf, test } from 'vitest';
import { AgentError, type AgentErrorCode, InvalidArgumentError, kernelNotFound } from './errors.js';

test('an error of the domain is a BaiError with a code of the closed list', () => {
  const cause = new Error('ENOSPC');
  const error = new AgentError('CONTAINER_CREATION_FAILED', 'no container', { cause, retryable: true });
  expect(error).toBeInstanceOf(BaiError);
  expect(error).toMatchObject({ name: 'AgentError', code: 'CONTAINER_CREATION_FAILED', retryable: true, cause });
  expect(describeError(error)).toBe('no container: ENOSPC');
  expectTypeOf(error.code).toEqualTypeOf<AgentErrorCode>();
  expectTypeOf<ConstructorParameters<typeof AgentError>[0]>().toEqualTypeOf<AgentErrorCode>();
});

test('an unknown kernel is named, in the message and in the details, with what to do', () => {
  const kernelId = newKernelId();
  const error = kernelNotFound(kernelId);
  expect(errorCode(error)).toBe('KERNEL_NOT_FOUND');
  expect(error.message).toContain(kernelId);
  expect(error.message).toContain('bai-agent kernels ls');
  expect(error.details).toEqual({ kernelId });
  expect(error.retryable).toBe(false);
});

test('a wrong argument names its field, and keeps other details', () => {
  const cause = new Error('bad unit');
  const error = new InvalidArgumentError('slots.mem', "must be a size, got '1x'", { cause, details: { value: '1x' } });
  expect(error).toBeInstanceOf(AgentError);
  expect(error).toMatchObject({ name: 'InvalidArgumentError', code: 'INVALID_ARGUMENT', field: 'slots.mem', cause });
  expect(error.message).toBe("slots.mem: must be a size, got '1x'");
  expect(error.details).toEqual({ field: 'slots.mem', value: '1x' });
  expect(new InvalidArgumentError('code', 'is empty').details).toEqual({ field: 'code' });
});
