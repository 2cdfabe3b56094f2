import { AgentError, type AgentEvent, kernelNotFound } from '@bai/agent-api';
import type { KernelId } from '@bai/core';
import type { Kernel } from './kernel.js';

/** The kernels of one agent by their id, and those of which only events are left to deliver. */
export class KernelTable {
  readonly #alive = new Map<KernelId, Kernel>();
  readonly #ended = new Map<KernelId, Kernel>();

  get all(): readonly Kernel[] {
    return [...this.#alive.values()];
  }

  find(kernelId: KernelId): Kernel | undefined {
    return this.#alive.get(kernelId);
  }

  /** @throws {AgentError} `KERNEL_NOT_FOUND` */
  get(kernelId: KernelId): Kernel {
    const kernel = this.#alive.get(kernelId);
    if (kernel === undefined) throw kernelNotFound(kernelId);
    return kernel;
  }

  /** @throws {AgentError} `KERNEL_EXISTS`: a first creation isn't disturbed by a second one of the same id. */
  assertFree(kernelId: KernelId): void {
    const present = this.#alive.get(kernelId);
    if (present === undefined) return;
    const doing = present.state === 'running' ? 'is running' : `is ${present.state}`;
    throw new AgentError(
      'KERNEL_EXISTS',
      `kernel ${kernelId} ${doing} on this agent already: its creation is not repeated`,
    );
  }

  enter(kernel: Kernel): Kernel {
    this.assertFree(kernel.id);
    this.#alive.set(kernel.id, kernel);
    // What an earlier kernel of this id still owes would be taken for news of the new one.
    if (this.#ended.delete(kernel.id)) kernel.context.withdraw(kernel.id);
    return kernel;
  }

  /** The kernel ended: its id is free, only its events are left. */
  forget(kernelId: KernelId): void {
    const kernel = this.#alive.get(kernelId);
    if (kernel === undefined) return;
    this.#alive.delete(kernelId);
    this.#ended.set(kernelId, kernel);
  }

  /** Takes a delivered event out of the outbox that it came from. */
  async delivered(event: AgentEvent): Promise<void> {
    if (!('kernelId' in event)) return;
    const kernel = [this.#alive, this.#ended]
      .map((table) => table.get(event.kernelId))
      .find((found) => found?.owes(event));
    await kernel?.delivered(event.eventId);
    if (kernel !== undefined && this.#ended.get(kernel.id) === kernel && kernel.record.outbox.length === 0) {
      this.#ended.delete(kernel.id);
    }
  }
}
