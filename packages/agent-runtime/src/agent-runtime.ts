import { randomUUID } from 'node:crypto';
import {
  type Agent,
  AgentError,
  type AgentEvent,
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
import {
  abortable,
  type DisposalStack,
  describeError,
  type KernelId,
  parseSessionId,
  type WaitOptions,
} from '@bai/core';
import { folderSize } from './files/folder-size.js';
import { WorkFiles } from './files/work-files.js';
import type { KernelContext } from './kernel/context.js';
import { createAll } from './kernel/create-all.js';
import type { KernelTable } from './kernel/kernel-table.js';
import { type AgentDeps, openContext } from './open-context.js';
import type { AgentSettings, OnStop } from './settings.js';

type PassingEventType =
  | 'agent-started'
  | 'agent-terminated'
  | 'execution-started'
  | 'execution-finished'
  | 'execution-timeout'
  | 'execution-cancelled';
type Body<Event> = Event extends unknown ? Omit<Event, 'eventId' | 'at'> : never;
type PassingEvent = Body<Extract<AgentEvent, { type: PassingEventType }>>;

/** Longest log that `getLogs` answers with, in bytes. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/**
 * The agent: implements the node API over its ports. {@link AgentRuntime.open} takes over whatever an earlier process left in the same
 * state folder. Disposing it stops it as `settings.onStop` says.
 */
export class AgentRuntime implements Agent, AsyncDisposable {
  readonly settings: AgentSettings;
  readonly #deps: AgentDeps;
  readonly #context: KernelContext;
  readonly #kernels: KernelTable;
  readonly #stack: DisposalStack;
  #closing: Promise<void> | undefined;

  private constructor(settings: AgentSettings, deps: AgentDeps, parts: Awaited<ReturnType<typeof openContext>>) {
    this.settings = settings;
    this.#deps = deps;
    this.#context = parts.context;
    this.#kernels = parts.kernels;
    this.#stack = parts.stack;
  }

  /**
   * Settles what an earlier process left in the state folder, and is ready for calls.
   */
  static async open(settings: AgentSettings, deps: AgentDeps, options: WaitOptions = {}): Promise<AgentRuntime> {
    options.signal?.throwIfAborted();
    const agent = new AgentRuntime(settings, deps, await openContext(settings, deps));
    agent.#publish({ type: 'agent-started', reason: 'self-started' });
    return agent;
  }

  async info(options: WaitOptions = {}): Promise<AgentInfo> {
    const images = await this.#deps.runtime.images(options);
    return {
      agentId: this.settings.agentId,
      version: this.settings.version,
      runtime: this.#deps.runtime.kind,
      slots: this.#deps.resources.capacity(),
      images: images.map(({ canonical, labels }) => ({ canonical, labels })),
    };
  }

  async createKernels(command: CreateKernelsCommand, options: WaitOptions = {}): Promise<readonly CreatedKernel[]> {
    this.#assertOpen();
    return await abortable(createAll(command, this.#context, this.#kernels), options.signal);
  }

  async destroyKernel(command: DestroyKernelCommand, options: WaitOptions = {}): Promise<void> {
    const { kernelId, reason, suppressEvents } = command;
    const kernel = this.#kernels.find(kernelId);
    if (kernel !== undefined) return await abortable(kernel.destroy({ reason, suppressEvents }), options.signal);
    if (suppressEvents) return;
    this.#context.publish(kernelId, {
      type: 'kernel-terminated',
      eventId: randomUUID(),
      at: Date.now(),
      kernelId,
      // G2 managers name no session here; the main kernel of theirs has its session's id.
      sessionId: command.sessionId ?? parseSessionId(kernelId),
      creationId: null,
      reason: 'already-terminated',
      exitCode: null,
    });
  }

  async execute(command: ExecuteCommand, options: WaitOptions = {}): Promise<ExecutionResult> {
    const kernel = this.#kernels.get(command.kernelId);
    const { sessionId } = kernel.record;
    const about = { kernelId: kernel.id, sessionId };
    const running = kernel.io.execute(command, options);
    // After the code is on its way: the user waits for that, not for the news of it.
    this.#publish({ type: 'execution-started', ...about });
    try {
      const result = await running;
      if (result.status === 'finished') this.#publish({ type: 'execution-finished', ...about });
      return result;
    } catch (error) {
      if (options.signal?.aborted) this.#publish({ type: 'execution-cancelled', ...about });
      throw error;
    }
  }

  async interruptKernel(kernelId: KernelId, options?: WaitOptions): Promise<void> {
    await this.#kernels.get(kernelId).io.interrupt(options);
  }

  async getCompletions(
    kernelId: KernelId,
    text: string,
    place: Readonly<Record<string, unknown>>,
    options?: WaitOptions,
  ): Promise<Completions> {
    return { suggestions: await this.#kernels.get(kernelId).io.complete(text, place, options) };
  }

  async getLogs(kernelId: KernelId, options: WaitOptions = {}): Promise<string> {
    const { id } = this.#kernels.get(kernelId);
    const log = await this.#deps.runtime.logs(id, { maxBytes: MAX_LOG_BYTES, ...options });
    return Buffer.from(log).toString('utf8');
  }

  async uploadFile(kernelId: KernelId, path: string, data: Uint8Array): Promise<void> {
    await this.#filesOf(kernelId).write(path, data);
  }

  async downloadFile(kernelId: KernelId, path: string): Promise<Uint8Array> {
    return await this.#filesOf(kernelId).archive(path);
  }

  async listFiles(kernelId: KernelId, path: string): Promise<FileListing> {
    return await this.#filesOf(kernelId).list(path);
  }

  async checkRunning(kernelId: KernelId): Promise<boolean> {
    return this.#kernels.find(kernelId)?.state === 'running';
  }

  async listKernels(): Promise<readonly KernelSummary[]> {
    return this.#kernels.all.map((kernel) => kernel.summary());
  }

  async kernelStats(kernelId: KernelId, options?: WaitOptions): Promise<KernelStats> {
    const { id } = this.#kernels.get(kernelId);
    const usage = await this.#deps.runtime.usage(id, options);
    return {
      kernelId: id,
      at: Date.now(),
      cpuUsedMs: usage?.cpuUsedMs ?? null,
      memoryBytes: usage?.memoryBytes ?? null,
      memoryPeakBytes: usage?.memoryPeakBytes ?? null,
      processes: usage?.processes ?? null,
      scratchBytes: await folderSize(this.#context.scratch.of(id).work),
    };
  }

  /** Stops the agent. Calls that are under way fail; kernels go on or end as `kernels` says. A second call joins the first. */
  close(options: { readonly kernels?: OnStop } = {}): Promise<void> {
    this.#closing ??= this.#close(options.kernels ?? this.settings.onStop);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(onStop: OnStop): Promise<void> {
    const kernels = this.#kernels.all;
    this.#deps.logger.info('agent stops', { onStop, kernels: kernels.length });
    const stopped = await Promise.allSettled(
      kernels.map((kernel) =>
        onStop === 'destroy'
          ? kernel.destroy({ reason: 'agent-termination', suppressEvents: false })
          : kernel.leave(new AgentError('AGENT_CLOSING', 'the agent stops; the kernel goes on', { retryable: true })),
      ),
    );
    for (const [index, outcome] of stopped.entries()) {
      if (outcome.status === 'fulfilled') continue;
      const kernelId = kernels[index]?.id;
      this.#deps.logger.error('a kernel could not be stopped', { kernelId, error: describeError(outcome.reason) });
    }
    this.#publish({ type: 'agent-terminated', reason: 'shutdown' });
    await this.#stack[Symbol.asyncDispose]();
  }

  /** Tells what belongs to no kernel's life: it isn't owed across a crash. */
  #publish(body: PassingEvent): void {
    const key = 'kernelId' in body ? body.kernelId : this.settings.agentId;
    this.#context.publish(key, { ...body, eventId: randomUUID(), at: Date.now() });
  }

  #filesOf(kernelId: KernelId): WorkFiles {
    return new WorkFiles(this.#context.scratch.of(this.#kernels.get(kernelId).id).work);
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) {
      throw new AgentError('AGENT_CLOSING', 'the agent stops and takes no more kernels', { retryable: true });
    }
  }
}
