import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { AgentRuntimeError } from '@bai/agent-runtime';
import { describeError } from '@bai/core';

/** Makes sure of the folder that all parts write below, so that its own name stands in the error and not that of a part. */
export async function makeStateDir(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new AgentRuntimeError(
      'STATE_DIR_UNUSABLE',
      `the state folder ${path} can't be written: choose another with --state-dir, or make this one writable (${describeError(cause)})`,
      { cause, details: { stateDir: path } },
    );
  }
}
