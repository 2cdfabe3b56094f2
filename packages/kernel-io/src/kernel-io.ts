import { AgentError, type ExecutionResult } from '@bai/agent-api';
import { abortable, DeadlineError, describeError, type Logger, type WaitOptions, withDeadline } from '@bai/core';
import { decodeCompletion, encodeJson, ProtocolError, type RunnerStatus } from '@bai/kernel-protocol';
import { DEFAULT_LIMITS, type KernelIoLimits } from './limits.js';
import type { KernelIo } from './port.js';
import type { RunCommand } from './runs/run-command.js';
import { RunQueue } from './runs/run-queue.js';
import { AnsweredRequests } from './wire/answered-requests.js';
import { Connection, type Frame } from './wire/connection.js';
import { RunnerSession } from './wire/runner-session.js';

export interface KernelIoOptions {
  /** ZeroMQ endpoint of the runner's PULL socket, such as `ipc:///run/kernel/in.sock`. */
  readonly input: string;
  /** ZeroMQ endpoint of the runner's PUSH socket. Nobody else may read from it. */
  readonly output: string;
  readonly logger: Logger;
  readonly limits?: Partial<KernelIoLimits> | undefined;
  /** Time between an answer to `status` and the next one. Default 10 s. @see spec/03 §5.4 */
  readonly keepaliveMs?: number | undefined;
}

const KEEPALIVE_MS = 10_000;

/**
 * Connects to the runner of one kernel. Returns at once: the connection is made in the background, and `ready` tells when the runner
 * answers. Nothing needs to be kept for a restart of the agent: on our wire the runner tells what runs and what no client has got.
 */
export function openKernelIo(options: KernelIoOptions): KernelIo {
  return new RunnerKernelIo(options);
}

class RunnerKernelIo implements KernelIo {
  readonly #limits: KernelIoLimits;
  readonly #logger: Logger;
  readonly #connection: Connection;
  readonly #requests: AnsweredRequests;
  readonly #runs: RunQueue;
  readonly #session: RunnerSession;
  readonly #end = new AbortController();
  readonly #firstStatus: Promise<RunnerStatus>;

  constructor({ input, output, logger, limits, keepaliveMs = KEEPALIVE_MS }: KernelIoOptions) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#logger = logger.child({ name: 'kernel-io' });
    this.#requests = new AnsweredRequests((...frames) => this.#send(...frames));
    this.#runs = new RunQueue(
      this.#limits,
      {
        send: (opcode, text, runId) => this.#sendForRun(opcode, text, runId),
        heldChanged: () => this.#session.progress(),
      },
      this.#logger,
    );
    this.#connection = new Connection({
      input,
      output,
      messageBytes: this.#limits.messageBytes,
      onMessage: (frames) => this.#session.receive(frames),
      onReconnect: () => this.#session.reconnected(),
      onBroken: (cause) => {
        this.#logger.error('a socket to the runner failed', { error: cause });
        this.fail(
          new AgentError('KERNEL_NOT_RUNNING', 'the connection to the kernel broke: restart the agent', { cause }),
        );
      },
    });
    let onStatus: (status: RunnerStatus) => void = () => {};
    this.#firstStatus = new Promise((resolve) => {
      onStatus = resolve;
    });
    this.#session = new RunnerSession({
      connection: this.#connection,
      runs: this.#runs,
      requests: this.#requests,
      limits: this.#limits,
      keepaliveMs,
      logger: this.#logger,
      onStatus,
    });
    this.#session.start();
  }

  get activeRun(): string | null {
    return this.#runs.activeRun;
  }

  async ready({ timeoutMs, signal }: { readonly timeoutMs: number } & WaitOptions): Promise<RunnerStatus> {
    this.#throwIfEnded();
    const answer = () => abortable(this.#firstStatus, this.#end.signal);
    return await withDeadline("the runner's first answer", timeoutMs, signal, answer);
  }

  async execute(command: RunCommand, { signal }: WaitOptions = {}): Promise<ExecutionResult> {
    return await this.#runs.execute(command, signal);
  }

  async interrupt({ signal }: WaitOptions = {}): Promise<void> {
    this.#throwIfEnded();
    signal?.throwIfAborted();
    this.#send('interrupt', '');
  }

  async complete(
    text: string,
    place: Readonly<Record<string, unknown>>,
    { signal }: WaitOptions = {},
  ): Promise<readonly string[]> {
    const timeoutMs = this.#limits.completionMs;
    const startedAt = performance.now();
    try {
      const status = await this.ready({ timeoutMs, signal });
      const answer = await this.#requests.ask('complete', encodeJson({ code: text, ...place }), {
        tagged: status.extension > 0,
        timeoutMs: timeoutMs - (performance.now() - startedAt),
        signal,
      });
      return decodeCompletion(answer);
    } catch (error) {
      if (!(error instanceof DeadlineError || error instanceof ProtocolError)) throw error;
      this.#logger.debug('no completions', { error: describeError(error) });
      return [];
    }
  }

  fail(reason: Error): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort(reason);
    this.#session[Symbol.dispose]();
    this.#requests.fail(reason);
    this.#runs.fail(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.fail(new AgentError('AGENT_CLOSING', 'the connection to the kernel was closed by the agent'));
    await this.#connection[Symbol.asyncDispose]();
  }

  #sendForRun(opcode: string, text: string, runId: string): void {
    // Upstream's runners drop messages that have another number of frames.
    if ((this.#session.status?.extension ?? 0) > 0) this.#send(opcode, text, runId);
    else this.#send(opcode, text);
  }

  #send(...frames: Frame[]): void {
    if (this.#connection.send(...frames)) return;
    throw new AgentError('BUSY', "the kernel's runner takes no messages: interrupt it or destroy the kernel", {
      retryable: true,
    });
  }

  #throwIfEnded(): void {
    this.#end.signal.throwIfAborted();
  }
}
