import type {
  Agent,
  AgentInfo,
  ConsoleItem,
  CreatedKernel,
  CreateKernelsCommand,
  DestroyKernelCommand,
  ExecuteCommand,
  ExecutionResult,
  KernelStats,
  KernelSummary,
} from '@bai/agent-api';
import { AgentError, kernelNotFound } from '@bai/agent-api';
import { type KernelId, parseAgentId, parseKernelId, parseSessionId, type WaitOptions } from '@bai/core';

/** What a scripted program does next. `wait` goes on when it is interrupted. */
export type Act =
  | ConsoleItem
  | { readonly type: 'ask'; readonly isPassword?: boolean }
  | { readonly type: 'wait' }
  | { readonly type: 'drop'; readonly bytes: number }
  | { readonly type: 'fail'; readonly error: Error }
  | { readonly type: 'exit'; readonly code: number | null };

/** Programs of a {@link FakeAgent}: source text to what it does. Answers to questions are printed as `got TEXT`. */
export type Programs = Readonly<Record<string, readonly Act[]>>;

export const KERNELS = ['aaaaaaaa-0000-4000-8000-000000000001', 'aabbbbbb-0000-4000-8000-000000000002'].map(
  parseKernelId,
);

const IMAGES: readonly string[] = ['host/python', 'host/nodejs', 'host/shell'];

/** An agent whose kernels run scripts instead of programs, and who keeps a list of what it was asked for. */
export class FakeAgent implements Agent {
  readonly calls: string[] = [];
  readonly created: CreateKernelsCommand[] = [];
  readonly #programs: Programs;
  readonly #images: readonly string[];
  readonly #kernels: KernelSummary[];
  #acts: Act[] = [];
  #wake: (() => void) | undefined;

  constructor(programs: Programs = {}, kernels: readonly KernelId[] = [], images = IMAGES) {
    this.#programs = programs;
    this.#images = images;
    this.#kernels = kernels.map((kernelId) => summary(kernelId));
  }

  async info(): Promise<AgentInfo> {
    return {
      agentId: parseAgentId('i-fake'),
      version: '1.2.3',
      runtime: 'memory',
      slots: [
        { slot: 'cpu', type: 'count', total: '4', available: '3' },
        { slot: 'mem', type: 'bytes', total: '8589934592', available: '8589934592' },
      ],
      images: this.#images.map((canonical) => ({ canonical, labels: {} })),
    };
  }

  async createKernels(command: CreateKernelsCommand): Promise<readonly CreatedKernel[]> {
    this.created.push(command);
    this.calls.push(`create ${command.kernels.map((kernel) => kernel.image.canonical).join(',')}`);
    this.#kernels.push(...command.kernels.map((kernel) => summary(kernel.kernelId)));
    return [];
  }

  async destroyKernel({ kernelId }: DestroyKernelCommand): Promise<void> {
    this.calls.push('destroy');
    const at = this.#kernels.findIndex((kernel) => kernel.kernelId === kernelId);
    if (at >= 0) this.#kernels.splice(at, 1);
  }

  async execute(command: ExecuteCommand, { signal }: WaitOptions = {}): Promise<ExecutionResult> {
    if (!this.#kernels.some((kernel) => kernel.kernelId === command.kernelId)) throw kernelNotFound(command.kernelId);
    if (command.mode === 'query') this.#acts = [...(this.#programs[command.code] ?? [{ type: 'exit', code: 0 }])];
    const echo: ConsoleItem[] = command.mode === 'input' ? [{ type: 'stdout', text: `got ${command.code}\n` }] : [];
    const act = this.#acts.shift() ?? { type: 'exit', code: null };
    const answer = (more: Partial<ExecutionResult>): ExecutionResult => ({
      runId: command.runId ?? 'run',
      status: 'continued',
      exitCode: null,
      options: null,
      cursor: (command.cursor ?? 0) + 1,
      droppedBytes: 0,
      ...more,
      console: [...echo, ...(more.console ?? [])],
    });
    switch (act.type) {
      case 'ask':
        return answer({ status: 'waiting-input', options: { is_password: act.isPassword === true } });
      case 'exit':
        return answer({ status: 'finished', exitCode: act.code });
      case 'drop':
        return answer({ droppedBytes: act.bytes });
      case 'fail':
        throw act.error;
      case 'wait':
        await this.#interruption(signal);
        return answer({});
      default:
        return answer({ console: [act] });
    }
  }

  async interruptKernel(): Promise<void> {
    this.calls.push('interrupt');
    this.#wake?.();
  }

  async getCompletions(): Promise<{ readonly suggestions: readonly string[] }> {
    return { suggestions: [] };
  }
  async getLogs(kernelId: KernelId): Promise<string> {
    return `log of ${kernelId}\n`;
  }
  async uploadFile(): Promise<void> {}
  async downloadFile(): Promise<Uint8Array> {
    throw new AgentError('NOT_SUPPORTED', 'no files here');
  }
  async listFiles(): Promise<never> {
    throw new AgentError('NOT_SUPPORTED', 'no files here');
  }
  async checkRunning(kernelId: KernelId): Promise<boolean> {
    return this.#kernels.some((kernel) => kernel.kernelId === kernelId);
  }
  async listKernels(): Promise<readonly KernelSummary[]> {
    return [...this.#kernels];
  }
  async kernelStats(kernelId: KernelId): Promise<KernelStats> {
    return {
      kernelId,
      at: 0,
      cpuUsedMs: 1230,
      memoryBytes: 12_582_912,
      memoryPeakBytes: null,
      processes: 3,
      scratchBytes: 0,
    };
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.calls.push('close');
  }

  #interruption(signal: AbortSignal | undefined): Promise<void> {
    this.calls.push('waits');
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
}

function summary(kernelId: KernelId): KernelSummary {
  return {
    kernelId,
    sessionId: parseSessionId(kernelId),
    state: 'running',
    image: 'host/python',
    containerId: 'c1',
    createdAt: Date.now() - 5000,
    slots: { cpu: '1', mem: '536870912' },
    allocations: {},
    limits: { memory: 'enforced', cpu: 'advisory' },
    activeRun: null,
  };
}
