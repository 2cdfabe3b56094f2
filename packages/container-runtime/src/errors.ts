import { BaiError, type BaiErrorOptions, type KernelId } from '@bai/core';

/** Closed list of what a runtime may fail with. */
export type RuntimeErrorCode =
  | 'IMAGE_NOT_FOUND'
  | 'CONTAINER_EXISTS'
  | 'CONTAINER_NOT_FOUND'
  | 'CONTAINER_CREATE_FAILED'
  | 'CONTAINER_START_FAILED'
  | 'RUNNER_UNREACHABLE'
  | 'RUNNER_DELIVERY_FAILED'
  | 'RUNTIME_UNAVAILABLE';

/** Something that a container runtime could not do. */
export class RuntimeError extends BaiError {
  declare readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: BaiErrorOptions) {
    super(code, message, options);
  }
}

export const containerNotFound = (kernelId: KernelId): RuntimeError =>
  new RuntimeError('CONTAINER_NOT_FOUND', `no container of kernel ${kernelId}`, { details: { kernelId } });
