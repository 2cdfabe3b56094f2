import { BaiError } from '@bai/core';

/** Exit codes of `bai-agent`. Those of `run` are otherwise the code's own. @see docs/cli.md */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** `run --timeout` */
  timeout: 124,
  /** `run`: not the code failed, but the agent or its kernel. */
  agentFailed: 125,
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
} as const;

/** A command was called in a way that can't be carried out. */
export class UsageError extends BaiError {
  constructor(message: string) {
    super('CLI_USAGE', message);
  }
}

/** Somebody asked this process to end. Not a failure: nothing is printed. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(exitCode: number = EXIT.interrupted) {
    super('interrupted');
    this.exitCode = exitCode;
  }
}

/** Nobody reads our output any more, as with `| head -1`. */
export class BrokenPipe extends Error {
  constructor() {
    super('nobody reads the output');
  }
}
