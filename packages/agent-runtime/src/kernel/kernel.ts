import { randomUUID } from 'node:crypto';
import { AgentError, type AgentEvent, type CreatedKernel, type KernelState, type KernelSummary } from '@bai/agent-api';
import type { Container, ContainerExit, RunnerEndpoints } from '@bai/container-runtime';
import { describeError, type KernelId, type Logger, withDeadline } from '@bai/core';
import { type KernelIo, openKernelIo } from '@bai/kernel-io';
import type { KernelRecord, Termination } from '../records/kernel-record.js';
import type { KernelContext } from './context.js';
import { bringUp, startupError } from './creation.js';
import { SerialQueue } from './serial-queue.js';
import { assertMove } from './states.js';
import { tearDown } from './teardown.js';

/** How long the sockets of a running kernel may take to be found after a restart of the agent, in milliseconds. */
const ADOPTION_MS = 10_000;

/** An event of a kernel's life without what every one of them has. */
export type KernelEventBody =
  | { readonly type: 'kernel-preparing' | 'kernel-creating' }
  | { readonly type: 'kernel-started'; readonly kernel: CreatedKernel }
  | { readonly type: 'kernel-terminated'; readonly reason: string; readonly exitCode: number | null };

/**
 * The one owner of a kernel. Its transitions (creation, end) run one after another in a queue; runs, interrupts and input don't pass
 * through the queue, so that they never wait for each other.
 */
export class Kernel {
  readonly context: KernelContext;
  readonly logger: Logger;
  readonly #transitions = new SerialQueue();
  readonly #end = new AbortController();
  #record: KernelRecord;
  #io: KernelIo | undefined;
  #endpoints: RunnerEndpoints | undefined;
  #ending: Promise<void> | undefined;
  #exit: ContainerExit | null = null;
  #container: Container | undefined;

  constructor(record: KernelRecord, context: KernelContext) {
    this.#record = record;
    this.context = context;
    this.logger = context.logger.child({ kernelId: record.kernelId });
  }

  get id(): KernelId {
    return this.#record.kernelId;
  }
  get record(): KernelRecord {
    return this.#record;
  }
  get state(): KernelState {
    return this.#record.state;
  }
  /** Exit of the container, once the runtime has told it. */
  get exit(): ContainerExit | null {
    return this.#exit;
  }
  /** Aborts when the kernel is to end: a creation that is still at work stops at once. */
  get endSignal(): AbortSignal {
    return this.#end.signal;
  }

  /** Brings the kernel up, or leaves nothing of it. @throws {AgentError} */
  create(): Promise<CreatedKernel> {
    const { stats } = this.context;
    return this.#transitions.run(async () => {
      const began = performance.now();
      try {
        const created = await bringUp(this);
        stats.observe('kernel_creation_duration_seconds', (performance.now() - began) / 1000);
        return created;
      } catch (cause) {
        const error = await startupError(this, cause);
        stats.count('kernel_creation_failures', { code: error.code });
        this.logger.warn('kernel creation failed', { error: describeError(error) });
        // A destruction that was asked for meanwhile is next in the queue and undoes everything itself.
        if (this.#ending === undefined) await this.#undo(error);
        throw error;
      }
    });
  }

  /** Takes over a kernel that an earlier process of this agent made. */
  async adopt(container: Container): Promise<void> {
    await this.#transitions.run(async () => {
      this.#container = container;
      await withDeadline(`adoption of kernel ${this.id}`, ADOPTION_MS, this.endSignal, (signal) =>
        this.connect(signal),
      );
      this.logger.info('kernel adopted', { image: this.#record.spec.image.canonical });
    });
  }

  /** Ends the kernel; a second call joins the first. The reason that came first counts. */
  destroy(termination: Termination): Promise<void> {
    if (this.#ending !== undefined) return this.#ending;
    this.#end.abort(new AgentError('KERNEL_TERMINATED', `kernel ${this.id} was ended (${termination.reason})`));
    this.#io?.fail(this.#end.signal.reason);
    const ending = this.#transitions.run(() => tearDown(this, termination));
    this.#ending = ending;
    // A tear-down that failed may be tried again by the next call.
    ending.catch(() => {
      if (this.#ending === ending) this.#ending = undefined;
    });
    return ending;
  }

  /** The agent stops and this kernel goes on: what waits for it here ends, a creation at work is undone. */
  async leave(reason: Error): Promise<void> {
    if (this.state === 'running') return await this.disconnect(reason);
    if (this.#ending === undefined) return await this.destroy({ reason: 'agent-termination', suppressEvents: false });
    await this.#ending;
  }

  /** The runtime's word that the container ended. */
  containerExited(exit: ContainerExit): void {
    this.#exit = exit;
    if (this.state === 'running') {
      this.logger.info('kernel ended by itself', { exitCode: exit.code, oomKilled: exit.oomKilled });
      this.destroy({ reason: 'self-terminated', suppressEvents: false }).catch((error: unknown) => {
        this.logger.error('a kernel that ended could not be cleaned up', { error });
      });
    } else if (this.#ending === undefined) {
      this.#end.abort(
        new AgentError('KERNEL_STARTUP_FAILED', `the container ended with status ${exit.code} while it started`),
      );
    }
  }

  /** The connection for running code. @throws {AgentError} while the kernel isn't running. */
  get io(): KernelIo {
    if (this.#io !== undefined && this.state === 'running') return this.#io;
    if (this.endSignal.aborted) throw this.endSignal.reason;
    throw new AgentError('KERNEL_NOT_RUNNING', `kernel ${this.id} is ${this.state}, not running`, { retryable: true });
  }

  /** Opens the connection to the runner of a started container. */
  async connect(signal?: AbortSignal): Promise<KernelIo> {
    this.#endpoints = await this.context.runtime.connect(this.id, { signal });
    const { input, output } = this.#endpoints;
    this.#io = openKernelIo({ input, output, logger: this.logger });
    return this.#io;
  }

  /** Closes the connection; the kernel goes on. */
  async disconnect(reason: Error): Promise<void> {
    const [io, endpoints] = [this.#io, this.#endpoints];
    this.#io = undefined;
    this.#endpoints = undefined;
    io?.fail(reason);
    await io?.[Symbol.asyncDispose]();
    await endpoints?.[Symbol.asyncDispose]();
  }

  containerMade(container: Container): void {
    this.#container = container;
  }

  /**
   * Writes the next intent, then offers its events. The record is on the disk before the caller does what it says.
   * @throws BugError for an illegal move
   */
  async commit(patch: Partial<KernelRecord>, events: readonly KernelEventBody[] = []): Promise<void> {
    if (patch.state !== undefined && patch.state !== this.state) assertMove(this.state, patch.state);
    const full = events.map((body) => this.#event(body));
    this.#record = { ...this.#record, ...patch, outbox: [...this.#record.outbox, ...full] };
    await this.context.store.save(this.#record, { durable: true });
    if (patch.state === 'terminated') this.context.forget(this.id);
    for (const event of full) this.context.publish(this.id, event);
  }

  /** Offers again what an earlier process of this agent still owed. */
  async resumeDelivery(): Promise<void> {
    const { outbox } = this.#record;
    if (this.state === 'terminated') {
      this.context.forget(this.id);
      if (outbox.length === 0) await this.context.store.delete(this.id);
    }
    for (const event of outbox) this.context.publish(this.id, event);
  }

  /** True when the event is in this kernel's outbox. */
  owes(event: AgentEvent): boolean {
    return this.#record.outbox.some((owed) => owed.eventId === event.eventId);
  }

  /** Takes a delivered event out of the outbox; a record that owes nothing more of an ended kernel goes away. */
  async delivered(eventId: string): Promise<void> {
    const outbox = this.#record.outbox.filter((event) => event.eventId !== eventId);
    if (outbox.length === this.#record.outbox.length) return;
    this.#record = { ...this.#record, outbox };
    if (this.state === 'terminated' && outbox.length === 0) await this.context.store.delete(this.id);
    // Not durable: after a crash the event is told once more, with the same id.
    else await this.context.store.save(this.#record, { durable: false });
  }

  summary(): KernelSummary {
    const { spec, allocations, containerId, createdAt, sessionId } = this.#record;
    return {
      kernelId: this.id,
      sessionId,
      state: this.state,
      image: spec.image.canonical,
      containerId,
      createdAt,
      slots: spec.slots,
      allocations: allocations ?? {},
      limits: this.#container?.limits ?? {},
      activeRun: this.#io?.activeRun ?? null,
    };
  }

  async #undo(error: AgentError): Promise<void> {
    const reason = this.#record.containerId === null ? 'failed-to-create' : 'failed-to-start';
    this.#end.abort(error);
    try {
      this.#ending = tearDown(this, { reason, suppressEvents: false });
      await this.#ending;
    } catch (failure) {
      this.#ending = undefined;
      this.logger.error('a failed creation could not be undone: it is tried again at the next destroy or start', {
        error: describeError(failure),
      });
    }
  }

  #event(body: KernelEventBody): AgentEvent {
    const { kernelId, sessionId, creationId } = this.#record;
    return { ...body, eventId: randomUUID(), at: Date.now(), kernelId, sessionId, creationId };
  }
}
