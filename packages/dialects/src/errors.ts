import { BaiError, type BaiErrorOptions } from '@bai/core';

/**
 * What is wrong with a message itself, before any method ran.
 * - `RPC_MALFORMED`: bytes that are not the encoding they claim to be, or that pass a limit.
 * - `RPC_WRONG_ARGUMENTS`: too many, too few or unknown arguments.
 * - `RPC_UNKNOWN_METHOD`: no generation of the caller's kind has this method.
 */
export type DialectErrorCode = 'RPC_MALFORMED' | 'RPC_WRONG_ARGUMENTS' | 'RPC_UNKNOWN_METHOD';

export class DialectError extends BaiError {
  declare readonly code: DialectErrorCode;

  constructor(code: DialectErrorCode, message: string, options?: BaiErrorOptions) {
    super(code, message, options);
  }
}

export const malformed = (message: string, options?: BaiErrorOptions): DialectError =>
  new DialectError('RPC_MALFORMED', message, options);
