import {
  type Agent,
  AgentError,
  type AgentInfo,
  type Completions,
  type CreatedKernel,
  type CreateKernelsCommand,
  type DestroyKernelCommand,
  type ExecuteCommand,
  type ExecutionResult,
  type FileListing,
  type KernelStats,
  type KernelSummary,
} from '@bai/agent-api';
import { type KernelId, type Logger, sleep, type WaitOptions } from '@bai/core';
import {
  fromWireFailure,
  parseAgentInfo,
  parseBytes,
  parseCompletions,
  parseCreatedKernels,
  parseExecutionResult,
  parseFileListing,
  parseFlag,
  parseKernelStats,
  parseKernelSummaries,
  parseLogs,
  toCreateKernelsArguments,
  toDestroyArguments,
  toExecuteArguments,
  type WireValue,
} from '@bai/dialects';
import { RpcRemoteError } from '../errors.js';
import { type CallOptions, RpcClient } from './rpc-client.js';

export interface AgentClientOptions {
  /** `tcp://HOST:PORT` or `HOST:PORT` of a running agent. */
  readonly address: string;
  readonly logger?: Logger;
  readonly signal?: AbortSignal;
  readonly pongTimeoutMs?: number;
  /** How long calls wait for a lost agent to come back. Milliseconds, default 30 000. */
  readonly reconnectTimeoutMs?: number;
}

/** Deadlines of calls, in milliseconds. A creation may pull an image. */
const CREATE_TIMEOUT = 30 * 60_000;
const DESTROY_TIMEOUT = 5 * 60_000;
const CALL_TIMEOUT = 60_000;
/** Pause before asking again an agent that is closing, or its successor. */
const CLOSING_RETRY = 100;

/**
 * An agent in another process. Errors come back as the `AgentError` that the agent threw.
 *
 * When the connection breaks, `execute` with a cursor and a run id goes on by itself as soon as the agent is back: nothing is lost and nothing
 * runs twice. Reading calls are repeated, too. All others fail with `RPC_CONNECTION_LOST`, which is retryable.
 */
export class AgentClient implements Agent, AsyncDisposable {
  readonly #rpc: RpcClient;
  readonly #reconnectTimeoutMs: number;

  private constructor(rpc: RpcClient, reconnectTimeoutMs = 30_000) {
    this.#rpc = rpc;
    this.#reconnectTimeoutMs = reconnectTimeoutMs;
  }

  /** @throws {RpcError} `RPC_UNREACHABLE` naming the address. */
  static async connect(options: AgentClientOptions): Promise<AgentClient> {
    return new AgentClient(await RpcClient.connect({ ...options, generation: 'G3' }), options.reconnectTimeoutMs);
  }

  get address(): string {
    return this.#rpc.address;
  }

  async info(options?: WaitOptions): Promise<AgentInfo> {
    return parseAgentInfo(await this.#read('node.info', [], options));
  }

  async createKernels(command: CreateKernelsCommand, options?: WaitOptions): Promise<readonly CreatedKernel[]> {
    const limits = { ...options, timeoutMs: CREATE_TIMEOUT };
    return parseCreatedKernels(
      await this.#call('create_kernels', toCreateKernelsArguments(command), limits),
      command.sessionId,
    );
  }

  async destroyKernel(command: DestroyKernelCommand, options?: WaitOptions): Promise<void> {
    await this.#call('destroy_kernel', toDestroyArguments(command), { ...options, timeoutMs: DESTROY_TIMEOUT });
  }

  async execute(command: ExecuteCommand, options?: WaitOptions): Promise<ExecutionResult> {
    const repeatable = command.cursor !== null && command.runId !== null;
    const limits: CallOptions = {
      ...options,
      // Without a flush time the caller wants the end of the run, however long that takes.
      timeoutMs: command.flushTimeoutMs === null ? undefined : command.flushTimeoutMs + CALL_TIMEOUT,
    };
    const args = toExecuteArguments(command);
    const answer = repeatable ? this.#repeatable('execute', args, limits) : this.#call('execute', args, limits);
    return parseExecutionResult(await answer);
  }

  async interruptKernel(kernelId: KernelId, options?: WaitOptions): Promise<void> {
    await this.#call('interrupt_kernel', [kernelId], { ...options, timeoutMs: CALL_TIMEOUT });
  }

  async getCompletions(
    kernelId: KernelId,
    text: string,
    place: Readonly<Record<string, unknown>>,
    options?: WaitOptions,
  ): Promise<Completions> {
    return parseCompletions(await this.#read('get_completions', [kernelId, text, place], options));
  }

  async getLogs(kernelId: KernelId, options?: WaitOptions): Promise<string> {
    return parseLogs(await this.#read('get_logs', [kernelId], options));
  }

  async uploadFile(kernelId: KernelId, path: string, data: Uint8Array, options?: WaitOptions): Promise<void> {
    await this.#call('upload_file', [kernelId, path, data], { ...options, timeoutMs: DESTROY_TIMEOUT });
  }

  async downloadFile(kernelId: KernelId, path: string, options?: WaitOptions): Promise<Uint8Array> {
    return parseBytes(await this.#read('download_file', [kernelId, path], options));
  }

  async listFiles(kernelId: KernelId, path: string, options?: WaitOptions): Promise<FileListing> {
    return parseFileListing(await this.#read('list_files', [kernelId, path], options));
  }

  async checkRunning(kernelId: KernelId, options?: WaitOptions): Promise<boolean> {
    return parseFlag(await this.#read('check_running', [kernelId], options));
  }

  async listKernels(options?: WaitOptions): Promise<readonly KernelSummary[]> {
    return parseKernelSummaries(await this.#read('node.list_kernels', [], options));
  }

  async kernelStats(kernelId: KernelId, options?: WaitOptions): Promise<KernelStats> {
    return parseKernelStats(await this.#read('node.kernel_stats', [kernelId], options));
  }

  /** A call without effects, which may be repeated. */
  #read(method: string, args: readonly unknown[], options: WaitOptions | undefined): Promise<WireValue> {
    return this.#repeatable(method, args, { ...options, timeoutMs: CALL_TIMEOUT });
  }

  /** A call that outlives the agent's end and its next start, whether the agent says goodbye or not. */
  async #repeatable(method: string, args: readonly unknown[], options: CallOptions): Promise<WireValue> {
    const giveUpAt = performance.now() + this.#reconnectTimeoutMs;
    for (;;) {
      try {
        return await this.#call(method, args, { ...options, onConnectionLost: 'repeat' });
      } catch (error) {
        const closing = error instanceof AgentError && error.code === 'AGENT_CLOSING';
        if (!closing || performance.now() > giveUpAt) throw error;
        await sleep(CLOSING_RETRY, options.signal);
      }
    }
  }

  async #call(method: string, args: readonly unknown[], options: CallOptions): Promise<WireValue> {
    try {
      return await this.#rpc.call(method, args, {}, options);
    } catch (error) {
      if (error instanceof RpcRemoteError) throw fromWireFailure(error.failure) ?? error;
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#rpc[Symbol.asyncDispose]();
  }
}
