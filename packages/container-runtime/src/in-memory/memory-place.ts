import type { KernelId } from '@bai/core';
import type { ContainerExited } from '../port.js';
import type { MemoryContainer, MemoryProgram } from './memory-container.js';

/** The steps that a test can make fail or wait. */
export type MemoryStep = 'images' | 'create' | 'start' | 'connect' | 'stop' | 'remove' | 'list';

/**
 * What stays when an `InMemoryContainerRuntime` is dropped: its containers and the programs in them. Runtimes that share a place see
 * the same containers, as processes that take turns on one machine do.
 */
export class MemoryPlace {
  readonly #containers = new Map<KernelId, MemoryContainer>();
  readonly #watchers = new Set<(exited: ContainerExited) => void>();
  readonly #interventions = new Map<MemoryStep, ((signal: AbortSignal | undefined) => Promise<void>)[]>();

  get(kernelId: KernelId): MemoryContainer | undefined {
    return this.#containers.get(kernelId);
  }

  get containers(): readonly MemoryContainer[] {
    return [...this.#containers.values()];
  }

  add(container: MemoryContainer): void {
    this.#containers.set(container.spec.kernelId, container);
  }

  delete(kernelId: KernelId): void {
    this.#containers.delete(kernelId);
  }

  start(container: MemoryContainer, program: MemoryProgram): void {
    container.start(program);
    void container.ended.then(() => {
      const { kernelId, containerId, exit } = container.describe();
      for (const watcher of this.#watchers) {
        watcher({ kernelId, containerId, exit: exit ?? { code: null, oomKilled: false } });
      }
    });
  }

  /** Calls the watcher for each container that ends from now on. */
  watch(watcher: (exited: ContainerExited) => void): Disposable {
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => this.#watchers.delete(watcher) };
  }

  /**
   * Has the next call of this step do something first, once: reject to make it fail, wait to hold it up. For tests of the layers above;
   * several for one step are used in order, one per call.
   */
  before(step: MemoryStep, action: (signal: AbortSignal | undefined) => Promise<void>): void {
    this.#interventions.set(step, [...(this.#interventions.get(step) ?? []), action]);
  }

  /** Does what {@link before} asked for. */
  async reach(step: MemoryStep, signal: AbortSignal | undefined): Promise<void> {
    await this.#interventions.get(step)?.shift()?.(signal);
  }
}
