import type { ExecuteCommand, ExecutionResult } from '@bai/agent-api';
import type { WaitOptions } from '@bai/core';
import type { RunnerStatus } from '@bai/kernel-protocol';

/** The agent's end of one kernel: its connection to the runner, its runs, and its log. */
export interface KernelIo extends AsyncDisposable {
  /** Resolves with the runner's first answer to `status`: then the runner has read its environment and takes commands. */
  ready(options: { readonly timeoutMs: number } & WaitOptions): Promise<RunnerStatus>;

  /**
   * Starts or continues a run by the rules of spec/03 §5.5. One run at a time; others wait in order of arrival.
   * An aborted `signal` ends this wait only: the run goes on and the connection stays.
   */
  execute(command: Omit<ExecuteCommand, 'kernelId'>, options?: WaitOptions): Promise<ExecutionResult>;

  /** Interrupts what runs. Doesn't wait for its end. */
  interrupt(options?: WaitOptions): Promise<void>;

  /** Suggestions, or an empty list after 5 s without an answer. @see spec/03 §5.7 */
  complete(text: string, place: Readonly<Record<string, unknown>>, options?: WaitOptions): Promise<readonly string[]>;

  /** The run at work, or null. */
  readonly activeRun: string | null;

  /** Ends the connection because the kernel ended: every waiting call rejects with `reason`. */
  fail(reason: Error): void;
}
