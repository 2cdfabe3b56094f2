import type { KernelId } from '@bai/core';

/** @see spec/02 §5.6 */
export type ExecutionMode = 'query' | 'batch' | 'input' | 'continue';

export interface ExecuteCommand {
  readonly kernelId: KernelId;
  /** Names the run; null lets the agent choose one. */
  readonly runId: string | null;
  readonly mode: ExecutionMode;
  /** Source text for `query`, the answer for `input`, else empty. */
  readonly code: string;
  /** Commands of the three steps of `batch`. */
  readonly batch: { readonly clean: string; readonly build: string; readonly exec: string };
  /** Answer `continued` after this long; null waits for the end of the request. Milliseconds, total, not idle time. */
  readonly flushTimeoutMs: number | null;
  /**
   * For clients that keep a cursor: what they have got of this run. Output behind it is delivered again, so that nothing is lost or
   * doubled when an answer got lost. A call that names a run which the kernel already knows continues it instead of starting it twice.
   */
  readonly cursor: number | null;
  /** Answer as soon as there is output, instead of waiting for the flush time. */
  readonly eager: boolean;
}

export type ConsoleItem =
  | { readonly type: 'stdout' | 'stderr' | 'html' | 'log' | 'completion'; readonly text: string }
  | { readonly type: 'media'; readonly mime: string; readonly data: string };

export type ExecutionStatus =
  | 'continued'
  | 'waiting-input'
  | 'clean-finished'
  | 'build-finished'
  | 'finished'
  | 'exec-timeout';

/** Answer to one `execute` call. @see spec/02 §5.6 */
export interface ExecutionResult {
  readonly runId: string;
  readonly status: ExecutionStatus;
  readonly exitCode: number | null;
  /** Payload of `waiting-input`, for example `{"is_password": false}`. */
  readonly options: Readonly<Record<string, unknown>> | null;
  readonly console: readonly ConsoleItem[];
  /** Give this in the next call to get exactly what follows. */
  readonly cursor: number;
  /** Bytes of output before or within this answer that a full spool threw away. */
  readonly droppedBytes: number;
}

export interface Completions {
  readonly suggestions: readonly string[];
}
