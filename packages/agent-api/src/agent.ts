import type { AgentId, KernelId, SessionId, WaitOptions } from '@bai/core';
import type { Completions, ExecuteCommand, ExecutionResult } from './execution.js';
import type { FileListing } from './files.js';
import type { Allocations, CreatedKernel, CreateKernelsCommand } from './kernel-spec.js';

/** States of a kernel as the agent sees them. The table of legal moves is in `agent-runtime`. */
export type KernelState = 'preparing' | 'creating' | 'running' | 'terminating' | 'terminated';

/** How well a limit of a kernel holds: by the operating system, only for programs that play along, or not at all. */
export type Enforcement = 'enforced' | 'advisory' | 'absent';

export interface KernelSummary {
  readonly kernelId: KernelId;
  readonly sessionId: SessionId;
  readonly state: KernelState;
  readonly image: string;
  readonly containerId: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly slots: Readonly<Record<string, string>>;
  readonly allocations: Allocations;
  readonly limits: Readonly<Record<string, Enforcement>>;
  readonly activeRun: string | null;
}

/** Figures of a running kernel. A figure that can't be read here is null. @see spec/05 §13.4 */
export interface KernelStats {
  readonly kernelId: KernelId;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly cpuUsedMs: number | null;
  readonly memoryBytes: number | null;
  readonly memoryPeakBytes: number | null;
  readonly processes: number | null;
  readonly scratchBytes: number | null;
}

export interface SlotCapacity {
  readonly slot: string;
  readonly type: 'count' | 'bytes' | 'unique';
  readonly total: string;
  readonly available: string;
}

export interface AgentInfo {
  readonly agentId: AgentId;
  readonly version: string;
  /** Kind of the container runtime: `sandbox`, `memory`, `docker`. */
  readonly runtime: string;
  readonly slots: readonly SlotCapacity[];
  readonly images: readonly { readonly canonical: string; readonly labels: Readonly<Record<string, string>> }[];
}

export interface DestroyKernelCommand {
  readonly kernelId: KernelId;
  readonly sessionId: SessionId | null;
  readonly reason: string;
  readonly suppressEvents: boolean;
}

/**
 * The node API: everything that a manager, the command line or an embedding program can ask of an agent.
 *
 * Methods run concurrently. Those of one kernel are *started* in the order of the calls; `interruptKernel`, `execute` in mode
 * `input`, and `destroyKernel` never wait for a run. An aborted `signal` ends the wait, not the work that is already under way for
 * a kernel (a creation goes on or is undone as a whole). All reject with {@link AgentError}.
 */
export interface Agent {
  info(options?: WaitOptions): Promise<AgentInfo>;

  /** Creates all kernels of the command, or none: those that came up are destroyed again when a sibling fails. @see spec/02 §4 */
  createKernels(command: CreateKernelsCommand, options?: WaitOptions): Promise<readonly CreatedKernel[]>;

  /** Ends a kernel and removes all it left. An unknown kernel is success. @see spec/02 §6.1 */
  destroyKernel(command: DestroyKernelCommand, options?: WaitOptions): Promise<void>;

  /** Starts or continues a run, and answers with its output so far. @see spec/02 §5.6 */
  execute(command: ExecuteCommand, options?: WaitOptions): Promise<ExecutionResult>;

  /** Interrupts the code that runs; the kernel and its variables stay. */
  interruptKernel(kernelId: KernelId, options?: WaitOptions): Promise<void>;

  /** Completions of the text at a place. Answers within 5 s; empty when the runner doesn't. @see spec/03 §5.7 */
  getCompletions(
    kernelId: KernelId,
    text: string,
    place: Readonly<Record<string, unknown>>,
    options?: WaitOptions,
  ): Promise<Completions>;

  /** The container's log so far, stdout and stderr, at most its bound. */
  getLogs(kernelId: KernelId, options?: WaitOptions): Promise<string>;

  /** Writes a file below /home/work. @throws AgentError `PATH_NOT_ALLOWED` */
  uploadFile(kernelId: KernelId, path: string, data: Uint8Array, options?: WaitOptions): Promise<void>;

  /** An uncompressed tar archive of a file or folder below /home/work, at most 1 MiB. @see spec/02 §7.10 */
  downloadFile(kernelId: KernelId, path: string, options?: WaitOptions): Promise<Uint8Array>;

  listFiles(kernelId: KernelId, path: string, options?: WaitOptions): Promise<FileListing>;

  /** True only for a kernel in state `running`. Never fails for an unknown kernel. @see spec/02 §6.6 */
  checkRunning(kernelId: KernelId, options?: WaitOptions): Promise<boolean>;

  listKernels(options?: WaitOptions): Promise<readonly KernelSummary[]>;

  kernelStats(kernelId: KernelId, options?: WaitOptions): Promise<KernelStats>;
}
