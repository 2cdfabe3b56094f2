import { abortable, type KernelId, sleep, type WaitOptions } from '@bai/core';
import { containerNotFound, RuntimeError } from '../errors.js';
import type {
  Container,
  ContainerExited,
  ContainerRuntime,
  ContainerSpec,
  ContainerUsage,
  ImageInfo,
  RunnerEndpoints,
} from '../port.js';
import { MemoryContainer, type MemoryProgram } from './memory-container.js';
import type { MemoryPlace, MemoryStep } from './memory-place.js';

export interface InMemoryRuntimeOptions {
  /** Holds the containers. Give several runtimes the same one to have them see the same containers. */
  readonly place: MemoryPlace;
  readonly images: readonly ImageInfo[];
  /** Runs in each container that this object starts. */
  readonly program: MemoryProgram;
}

/**
 * The in-memory twin: the whole contract of `ContainerRuntime` with a function in the place of processes. It isolates nothing, and it
 * publishes ports in so far as its programs listen on the host's ports themselves.
 */
export class InMemoryContainerRuntime implements ContainerRuntime {
  readonly kind = 'memory';
  readonly publishesPorts = true;
  readonly #place: MemoryPlace;
  readonly #images: readonly ImageInfo[];
  readonly #program: MemoryProgram;
  readonly #subscriptions = new Set<Disposable>();

  constructor(options: InMemoryRuntimeOptions) {
    this.#place = options.place;
    this.#images = options.images;
    this.#program = options.program;
  }

  async images(options?: WaitOptions): Promise<readonly ImageInfo[]> {
    await this.#begin('images', options);
    return this.#images;
  }

  async create(spec: ContainerSpec, options?: WaitOptions): Promise<Container> {
    await this.#begin('create', options);
    const { kernelId, image } = spec;
    if (!this.#images.some((candidate) => candidate.canonical === image)) {
      const known = this.#images.map((candidate) => candidate.canonical).join(', ');
      throw new RuntimeError('IMAGE_NOT_FOUND', `there is no image ${JSON.stringify(image)}: the images are ${known}`);
    }
    if (this.#place.get(kernelId) !== undefined) {
      throw new RuntimeError('CONTAINER_EXISTS', `kernel ${kernelId} has a container already: remove it first`);
    }
    const container = new MemoryContainer(spec);
    this.#place.add(container);
    return container.describe();
  }

  async start(kernelId: KernelId, options?: WaitOptions): Promise<Container> {
    await this.#begin('start', options);
    const container = this.#get(kernelId);
    if (container.state !== 'created') {
      throw new RuntimeError('CONTAINER_START_FAILED', `the container of kernel ${kernelId} was started before`);
    }
    this.#place.start(container, this.#program);
    return container.describe();
  }

  async connect(kernelId: KernelId, options?: WaitOptions): Promise<RunnerEndpoints> {
    await this.#begin('connect', options);
    const container = this.#get(kernelId);
    const endpoints =
      container.state === 'running'
        ? await abortable(Promise.race([container.listening, container.ended]), options?.signal)
        : undefined;
    if (!endpoints || container.state !== 'running') {
      throw new RuntimeError('RUNNER_UNREACHABLE', `the container of kernel ${kernelId} is ${container.state}`);
    }
    return { ...endpoints, [Symbol.asyncDispose]: async () => {} };
  }

  async stop(kernelId: KernelId, options: { readonly graceMs: number } & WaitOptions): Promise<void> {
    await this.#begin('stop', options);
    const container = this.#place.get(kernelId);
    if (container?.state !== 'running') return;
    container.requestStop();
    const grace = new AbortController();
    try {
      const waits = [container.ended, sleep(options.graceMs, grace.signal)];
      await abortable(Promise.race(waits), options.signal);
    } finally {
      grace.abort();
    }
    container.kill();
  }

  async remove(kernelId: KernelId, options?: WaitOptions): Promise<void> {
    await this.#begin('remove', options);
    this.#place.get(kernelId)?.kill();
    this.#place.delete(kernelId);
  }

  async inspect(kernelId: KernelId, options?: WaitOptions): Promise<Container | undefined> {
    options?.signal?.throwIfAborted();
    return this.#place.get(kernelId)?.describe();
  }

  async list(options?: WaitOptions): Promise<readonly Container[]> {
    await this.#begin('list', options);
    return this.#place.containers.map((container) => container.describe());
  }

  onExit(listener: (exited: ContainerExited) => void): Disposable {
    const watch = this.#place.watch(listener);
    this.#subscriptions.add(watch);
    return {
      [Symbol.dispose]: () => {
        watch[Symbol.dispose]();
        this.#subscriptions.delete(watch);
      },
    };
  }

  async logs(kernelId: KernelId, options: { readonly maxBytes: number } & WaitOptions): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    return this.#get(kernelId).output.read(options.maxBytes);
  }

  async usage(kernelId: KernelId, options?: WaitOptions): Promise<ContainerUsage | undefined> {
    options?.signal?.throwIfAborted();
    if (this.#place.get(kernelId)?.state !== 'running') return undefined;
    return { cpuUsedMs: null, memoryBytes: null, memoryPeakBytes: null, processes: 1 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#subscriptions.clear();
  }

  async #begin(step: MemoryStep, options: WaitOptions | undefined): Promise<void> {
    options?.signal?.throwIfAborted();
    await abortable(this.#place.reach(step, options?.signal), options?.signal);
  }

  #get(kernelId: KernelId): MemoryContainer {
    const container = this.#place.get(kernelId);
    if (container === undefined) throw containerNotFound(kernelId);
    return container;
  }
}
