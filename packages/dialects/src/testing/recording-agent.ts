import type {
  Agent,
  AgentInfo,
  Completions,
  CreatedKernel,
  CreateKernelsCommand,
  DestroyKernelCommand,
  ExecuteCommand,
  ExecutionResult,
  FileListing,
  KernelStats,
  KernelSummary,
} from '@bai/agent-api';
import { kernelNotFound } from '@bai/agent-api';
import { type KernelId, parseAgentId, parseKernelId, type WaitOptions } from '@bai/core';
import { exampleCreatedKernel, exampleResult } from './examples.js';

/** An agent that does nothing but remember how it was called, and answers with examples. For tests of what stands in front of an agent. */
export class RecordingAgent implements Agent {
  /** Every call in order: the method's name and its arguments, without the options. */
  readonly calls: (readonly [string, ...unknown[]])[] = [];
  /** What `execute` does; may be replaced. */
  onExecute: (command: ExecuteCommand, options: WaitOptions) => Promise<ExecutionResult> = async () => exampleResult;
  /** Thrown by each method when set. */
  failure: Error | undefined;
  /** Files by path: what `uploadFile` wrote, and `downloadFile` gives back as it is. */
  readonly files = new Map<string, Uint8Array>();

  async info(): Promise<AgentInfo> {
    this.#note('info');
    return {
      agentId: parseAgentId('i-node01'),
      version: '0.1.0',
      runtime: 'memory',
      slots: [{ slot: 'cpu', type: 'count', total: '2', available: '1' }],
      images: [{ canonical: 'host/python', labels: {} }],
    };
  }

  async createKernels(command: CreateKernelsCommand): Promise<readonly CreatedKernel[]> {
    this.#note('createKernels', command);
    return command.kernels.map(({ kernelId }) => ({ ...exampleCreatedKernel, kernelId, sessionId: command.sessionId }));
  }

  async destroyKernel(command: DestroyKernelCommand): Promise<void> {
    this.#note('destroyKernel', command);
  }

  async execute(command: ExecuteCommand, options: WaitOptions = {}): Promise<ExecutionResult> {
    this.#note('execute', command);
    return this.onExecute(command, options);
  }

  async interruptKernel(kernelId: KernelId): Promise<void> {
    this.#note('interruptKernel', kernelId);
  }

  async getCompletions(
    kernelId: KernelId,
    text: string,
    place: Readonly<Record<string, unknown>>,
  ): Promise<Completions> {
    this.#note('getCompletions', kernelId, text, place);
    return { suggestions: ['print', 'property'] };
  }

  async getLogs(kernelId: KernelId): Promise<string> {
    this.#note('getLogs', kernelId);
    return 'started\n';
  }

  async uploadFile(kernelId: KernelId, path: string, data: Uint8Array): Promise<void> {
    this.#note('uploadFile', kernelId, path, data);
    this.files.set(path, data);
  }

  async downloadFile(kernelId: KernelId, path: string): Promise<Uint8Array> {
    this.#note('downloadFile', kernelId, path);
    return this.files.get(path) ?? Uint8Array.of(1, 2, 3);
  }

  async listFiles(kernelId: KernelId, path: string): Promise<FileListing> {
    this.#note('listFiles', kernelId, path);
    const times = { ctime: 1600000000.5, mtime: 1600000000.5, atime: 1600000001 };
    return { files: [{ filename: 'main.py', mode: '-rw-r--r--', size: 12, ...times }], errors: '', path };
  }

  async checkRunning(kernelId: KernelId): Promise<boolean> {
    this.#note('checkRunning', kernelId);
    return kernelId === exampleCreatedKernel.kernelId;
  }

  async listKernels(): Promise<readonly KernelSummary[]> {
    this.#note('listKernels');
    const { kernelId, sessionId, containerId, allocations } = exampleCreatedKernel;
    return [
      {
        kernelId,
        sessionId,
        state: 'running',
        image: 'host/python',
        containerId,
        createdAt: 1_700_000_000_000,
        slots: { cpu: '1' },
        allocations,
        limits: { cpu: 'enforced', memory: 'advisory' },
        activeRun: null,
      },
    ];
  }

  async kernelStats(kernelId: KernelId): Promise<KernelStats> {
    this.#note('kernelStats', kernelId);
    if (kernelId !== exampleCreatedKernel.kernelId) throw kernelNotFound(parseKernelId(kernelId));
    const figures = { cpuUsedMs: 12, memoryBytes: 1024, memoryPeakBytes: null, processes: 3, scratchBytes: 0 };
    return { kernelId, at: 1_700_000_000_000, ...figures };
  }

  #note(method: string, ...args: readonly unknown[]): void {
    this.calls.push([method, ...args]);
    if (this.failure !== undefined) throw this.failure;
  }
}
