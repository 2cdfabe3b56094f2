import { BaiError, type BaiErrorOptions, type KernelId } from '@bai/core';

/** Closed list of what can go wrong in the domain. `docs/errors.md` explains each; `dialects` gives them the names managers know. */
export type AgentErrorCode =
  | 'KERNEL_NOT_FOUND'
  | 'KERNEL_EXISTS'
  | 'KERNEL_NOT_RUNNING'
  | 'KERNEL_TERMINATED'
  | 'KERNEL_STARTUP_FAILED'
  | 'KERNEL_STARTUP_TIMEOUT'
  | 'CONTAINER_CREATION_FAILED'
  | 'IMAGE_NOT_AVAILABLE'
  | 'INSUFFICIENT_RESOURCE'
  | 'UNSUPPORTED_RESOURCE'
  | 'INVALID_RESOURCE_ARGUMENT'
  | 'PORTS_EXHAUSTED'
  | 'PATH_NOT_ALLOWED'
  | 'FILE_NOT_FOUND'
  | 'FILE_TOO_LARGE'
  | 'INVALID_ARGUMENT'
  | 'NOT_SUPPORTED'
  | 'AGENT_NOT_FOUND'
  | 'AGENT_CLOSING'
  | 'BUSY';

/** An error of the domain: something that the caller asked for can't be done. */
export class AgentError extends BaiError {
  declare readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, options?: BaiErrorOptions) {
    super(code, message, options);
  }
}

export const kernelNotFound = (kernelId: KernelId): AgentError =>
  new AgentError(
    'KERNEL_NOT_FOUND',
    `no kernel ${kernelId} on this agent: it may have ended; list those that run with 'bai-agent kernels ls'`,
    {
      details: { kernelId },
    },
  );

/** An argument of a call that is missing or wrong. Names the field and the value. */
export class InvalidArgumentError extends AgentError {
  readonly field: string;

  constructor(field: string, problem: string, options?: BaiErrorOptions) {
    super('INVALID_ARGUMENT', `${field}: ${problem}`, { ...options, details: { field, ...options?.details } });
    this.field = field;
  }
}
