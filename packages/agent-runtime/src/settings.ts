import type { AgentId } from '@bai/core';

/** What happens to the kernels when the agent stops. @see spec/06 §9.1 */
export type OnStop = 'keep' | 'destroy';

/** Numbers and places of an agent; every field has been checked by whoever read the configuration. */
export interface AgentSettings {
  readonly agentId: AgentId;
  readonly version: string;
  /** Absolute folder of the records and the lock. Created if absent; belongs to one running agent. */
  readonly stateDir: string;
  /** Absolute folder of the kernels' scratch folders. Created if absent. */
  readonly scratchRoot: string;
  /** Reported to managers as the host of the kernels' ports. */
  readonly kernelHost: string;
  readonly onStop: OnStop;
  /** Kernels that are created at the same time within one command. @see spec/02 §2.5 */
  readonly creationConcurrency: number;
  /** How long the runner may take to answer after its start, in milliseconds. */
  readonly startupTimeoutMs: number;
  /** How long a kernel may take to end by itself, in milliseconds. */
  readonly stopGraceMs: number;
  /** Size of each kernel's output spool, in bytes. */
  readonly spoolBytes: number;
  /** Inclusive range of host ports. */
  readonly portRange: readonly [number, number];
  /** Most processes of a kernel, or undefined for no limit. */
  readonly processLimit: number | undefined;
}

export const DEFAULT_SETTINGS = {
  kernelHost: '127.0.0.1',
  onStop: 'keep',
  creationConcurrency: 4,
  startupTimeoutMs: 60_000,
  stopGraceMs: 10_000,
  spoolBytes: 64 * 1024 * 1024,
  portRange: [30_000, 31_000],
  processLimit: 4096,
} as const satisfies Partial<AgentSettings>;
