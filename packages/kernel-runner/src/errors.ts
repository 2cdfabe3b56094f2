/** A condition that ends the runner or refuses a call, with what to do about it. */
export class RunnerError extends Error {
  readonly code: 'RUNNER_START' | 'RUNNER_NOT_BUILT' | 'RUNNER_SPOOL';

  constructor(code: RunnerError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RunnerError';
    this.code = code;
  }
}

/** The `code` of a system error (`ENOENT`), or the empty string. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
