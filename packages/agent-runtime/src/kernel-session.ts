import { randomUUID } from 'node:crypto';
import {
  type Agent,
  type AgentInfo,
  type ConsoleItem,
  type ExecuteCommand,
  InvalidArgumentError,
  type KernelStats,
  type SessionType,
} from '@bai/agent-api';
import { formatSize, type KernelId, newKernelId, newSessionId, parseSize, type WaitOptions } from '@bai/core';

export interface CreateKernelOptions extends WaitOptions {
  /** Canonical name; by default the first of `host/python`, `host/nodejs`, `host/shell` that the node has. */
  readonly image?: string | undefined;
  /** Cores. Default 1. */
  readonly cpu?: number | string | undefined;
  /** Size such as `512m` or `1g`. Default 1g, or what the node has if that is less. */
  readonly mem?: string | undefined;
  readonly environ?: Readonly<Record<string, string>> | undefined;
}

/** What a run yields, in the order in which the program made it. The last one is `finished`. */
export type RunEvent =
  | ConsoleItem
  /** Output that was lost because nobody fetched it and the spool was full. */
  | { readonly type: 'dropped'; readonly bytes: number }
  | { readonly type: 'finished'; readonly exitCode: number | null };

export interface RunOptions extends WaitOptions {
  /** Asked when the program wants input. Without it, the program gets an empty line. */
  readonly onInput?: ((request: { readonly isPassword: boolean }) => Promise<string>) | undefined;
}

/** How long one `execute` call of a run may wait for output, in milliseconds. */
const FLUSH_MS = 5_000;
const NO_BATCH = { clean: '', build: '', exec: '' };
const PREFERRED_IMAGES = ['host/python', 'host/nodejs', 'host/shell'];

/**
 * Creates one kernel of a session of its own, on any agent: one in this program, or one behind RPC.
 * @throws {AgentError}
 */
export async function createKernel(agent: Agent, options: CreateKernelOptions = {}): Promise<KernelSession> {
  const { signal } = options;
  const info = await agent.info({ signal });
  const kernelId = newKernelId();
  const sessionType: SessionType = 'interactive';
  const cluster = { mode: 'single-node', size: 1, replicas: { main: 1 }, networkName: null, sshKeyPair: null } as const;
  const spec = {
    kernelId,
    image: imageSpec(options.image ?? defaultImage(info)),
    sessionType,
    clusterRole: 'main',
    clusterIndex: 1,
    clusterHostname: 'main1',
    slots: { cpu: String(options.cpu ?? 1), mem: memoryAmount(options.mem, info) },
    shmemBytes: undefined,
    environ: options.environ ?? {},
    mounts: [],
    bootstrapScript: null,
    startupCommand: null,
    preopenPorts: [],
    dotfiles: [],
    sshKeyPair: null,
    blockServicePorts: false,
    scalingGroup: null,
    agentAddress: null,
  };
  await agent.createKernels({ creationId: null, sessionId: newSessionId(), kernels: [spec], cluster }, { signal });
  return new KernelSession(agent, kernelId);
}

/** A running kernel for programs: runs code and yields its output. Disposing it destroys the kernel. */
export class KernelSession implements AsyncDisposable {
  readonly kernelId: KernelId;
  readonly #agent: Agent;

  constructor(agent: Agent, kernelId: KernelId) {
    this.#agent = agent;
    this.kernelId = kernelId;
  }

  /**
   * Runs code and yields what it prints while it prints it. Leaving the loop early interrupts the code. After a restart of the agent
   * the iteration goes on at the very byte where it was.
   */
  async *run(code: string, options: RunOptions = {}): AsyncGenerator<RunEvent, void, undefined> {
    const { signal, onInput } = options;
    const runId = randomUUID().replaceAll('-', '');
    let next: Pick<ExecuteCommand, 'mode' | 'code'> = { mode: 'query', code };
    let cursor = 0;
    let ended = false;
    try {
      while (!ended) {
        const result = await this.#agent.execute(
          { kernelId: this.kernelId, runId, batch: NO_BATCH, flushTimeoutMs: FLUSH_MS, cursor, eager: true, ...next },
          { signal },
        );
        cursor = result.cursor;
        if (result.droppedBytes > 0) yield { type: 'dropped', bytes: result.droppedBytes };
        yield* result.console;
        next = { mode: 'continue', code: '' };
        if (result.status === 'waiting-input') {
          const isPassword = result.options?.['is_password'] === true;
          next = { mode: 'input', code: (await onInput?.({ isPassword })) ?? '' };
        } else if (result.status === 'finished' || result.status === 'exec-timeout') {
          ended = true;
          yield { type: 'finished', exitCode: result.exitCode };
        }
      }
    } finally {
      if (!ended) await this.interrupt();
    }
  }

  /** Interrupts the code that runs. */
  async interrupt(options?: WaitOptions): Promise<void> {
    await this.#agent.interruptKernel(this.kernelId, options);
  }

  stats(options?: WaitOptions): Promise<KernelStats> {
    return this.#agent.kernelStats(this.kernelId, options);
  }

  async destroy(reason = 'user-requested'): Promise<void> {
    await this.#agent.destroyKernel({ kernelId: this.kernelId, sessionId: null, reason, suppressEvents: false });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }
}

function defaultImage(info: AgentInfo): string {
  const names = info.images.map((image) => image.canonical);
  const name = PREFERRED_IMAGES.find((preferred) => names.includes(preferred)) ?? names[0];
  if (name === undefined) throw new InvalidArgumentError('image', 'this node has no image: install python3 or node');
  return name;
}

function imageSpec(canonical: string) {
  return {
    canonical,
    labels: {},
    digest: '',
    project: null,
    architecture: null,
    isLocal: true,
    autoPull: 'none',
    registry: { name: '', url: '', username: null, password: null },
  } as const;
}

const DEFAULT_MEMORY = 1024n ** 3n;

function memoryAmount(wanted: string | undefined, info: AgentInfo): string {
  const available = BigInt(info.slots.find((slot) => slot.slot === 'mem')?.available ?? DEFAULT_MEMORY);
  if (wanted === undefined) return String(available < DEFAULT_MEMORY ? available : DEFAULT_MEMORY);
  const bytes = parseSize(wanted);
  if (bytes <= 0n) throw new InvalidArgumentError('mem', `must be more than nothing, got ${formatSize(bytes)}`);
  return String(bytes);
}
