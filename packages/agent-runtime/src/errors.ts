import { BaiError, type BaiErrorOptions } from '@bai/core';

export type AgentRuntimeErrorCode = 'STATE_DIR_IN_USE' | 'STATE_DIR_UNUSABLE';

/** Something about the agent's own state that keeps it from working. */
export class AgentRuntimeError extends BaiError {
  declare readonly code: AgentRuntimeErrorCode;

  constructor(code: AgentRuntimeErrorCode, message: string, options?: BaiErrorOptions) {
    super(code, message, options);
  }
}
