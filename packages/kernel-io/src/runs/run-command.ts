import { randomBytes } from 'node:crypto';
import { type AgentError, type ExecuteCommand, InvalidArgumentError } from '@bai/agent-api';

export type RunCommand = Omit<ExecuteCommand, 'kernelId'>;

/** What starts a run, in the order in which it's sent. Empty for `continue` and `input`. @see spec/03 §5.5 */
export type Feed = readonly { readonly opcode: 'clean' | 'build' | 'exec' | 'code'; readonly text: string }[];

/** A run id travels as the third frame of a request, which the runner bounds. @see docs/kernel-protocol.md */
const MAX_RUN_ID_BYTES = 255;

/** The id that the client chose, or 32 random hex digits. @throws {InvalidArgumentError} */
export function runIdOf({ runId }: RunCommand): string {
  if (runId === null) return randomBytes(16).toString('hex');
  if (runId !== '' && Buffer.byteLength(runId) <= MAX_RUN_ID_BYTES) return runId;
  throw new InvalidArgumentError('runId', `must have 1 to ${MAX_RUN_ID_BYTES} bytes, or be null for a new run`);
}

export function feedOf({ mode, code, batch }: RunCommand): Feed {
  if (mode === 'query') return [{ opcode: 'code', text: code }];
  if (mode !== 'batch') return [];
  return [
    { opcode: 'clean', text: batch.clean },
    { opcode: 'build', text: batch.build },
    { opcode: 'exec', text: batch.exec },
  ];
}

export const unknownRun = (id: string): AgentError =>
  new InvalidArgumentError(
    'runId',
    `no run ${id} in this kernel: it ended or never started; start one with mode query`,
  );
