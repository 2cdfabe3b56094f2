import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DisposalStack, errorCode, type KernelId, newKernelId, poll } from '@bai/core';
import type { Container, ContainerExited, ContainerRuntime, ContainerSpec } from '../port.js';
import type { Behaviour, RuntimeHarness, RuntimeSetup } from './runtime-harness.js';

const PATIENCE = { timeoutMs: 30_000, intervalMs: 10 };

/** Waits until the condition answers something, for the suite's purposes long enough. */
export const until = <T>(what: string, condition: () => T | undefined | Promise<T | undefined>): Promise<T> =>
  poll(what, PATIENCE, condition);

/** One test's place, folders and runtimes, all taken away at its end. */
export class RuntimeBench implements AsyncDisposable {
  readonly #stack = new DisposalStack();
  readonly #made: KernelId[] = [];

  private constructor(
    readonly harness: RuntimeHarness,
    readonly folder: string,
  ) {}

  static async open(setup: RuntimeSetup): Promise<RuntimeBench> {
    const folder = await mkdtemp(join(tmpdir(), 'bai-runtime-suite-'));
    const bench = new RuntimeBench(await setup(), folder);
    bench.#stack.defer('folder', () => rm(folder, { recursive: true, force: true }));
    bench.#stack.use(bench.harness, 'harness');
    bench.#stack.defer('containers', () => bench.#removeAll());
    return bench;
  }

  /** A runtime over the place. Older ones stay as they are until the end of the test: nobody closes them, as in a crash. */
  async open(): Promise<ContainerRuntime> {
    return this.#stack.use(await this.harness.open(), 'runtime');
  }

  async spec(behaviour: Behaviour, overrides: Partial<ContainerSpec> = {}): Promise<ContainerSpec> {
    const kernelId = overrides.kernelId ?? newKernelId();
    this.#made.push(kernelId);
    const base = join(this.folder, `${this.#made.length}`);
    const [configDir, workDir] = [join(base, 'config'), join(base, 'work')];
    await mkdir(configDir, { recursive: true });
    await mkdir(workDir);
    await chmod(workDir, 0o777); // the runtime may choose a user of its own for the kernel
    return {
      kernelId,
      image: this.harness.image,
      hostname: 'main1',
      labels: { 'ai.backend.kernel-id': kernelId },
      environ: {},
      configDir,
      workDir,
      mounts: [],
      runner: {
        folder: this.harness.program(behaviour),
        runtimeType: 'shell',
        runtimePath: undefined,
        spoolBytes: 1024 * 1024,
      },
      limits: {
        cpus: undefined,
        cpuset: undefined,
        memoryBytes: undefined,
        processes: undefined,
        shmemBytes: undefined,
      },
      user: undefined,
      ports: [],
      ...overrides,
    };
  }

  /** Creates and starts a container and waits until its program is ready to be stopped. */
  async run(
    runtime: ContainerRuntime,
    behaviour: Behaviour,
    overrides?: Partial<ContainerSpec>,
  ): Promise<ContainerSpec> {
    const spec = await this.spec(behaviour, overrides);
    await runtime.create(spec);
    await runtime.start(spec.kernelId);
    await this.up(spec);
    return spec;
  }

  /** Waits until the started program is ready to be stopped. */
  async up(spec: ContainerSpec): Promise<void> {
    await until('the program being up', () => readText(join(spec.workDir, 'up')));
  }

  /** Waits until a `stubborn` program was asked to end. */
  async asked(spec: ContainerSpec): Promise<void> {
    await until('the program being asked to end', () => readText(join(spec.workDir, 'asked')));
  }

  /** Creates and starts a container that ends by itself and waits until the runtime shows the end. */
  async runToEnd(
    runtime: ContainerRuntime,
    behaviour: Behaviour,
  ): Promise<{ spec: ContainerSpec; container: Container }> {
    const spec = await this.spec(behaviour);
    await runtime.create(spec);
    await runtime.start(spec.kernelId);
    return { spec, container: await this.ended(runtime, spec.kernelId) };
  }

  ended(runtime: ContainerRuntime, kernelId: KernelId): Promise<Container> {
    return until('the container being exited', async () => {
      const container = await runtime.inspect(kernelId);
      return container?.state === 'exited' ? container : undefined;
    });
  }

  /** Lets a `wait` program end by itself with this status. */
  async release(spec: ContainerSpec, status: number): Promise<void> {
    await writeFile(join(spec.workDir, 'go'), String(status));
  }

  async #removeAll(): Promise<void> {
    await using runtime = await this.harness.open();
    for (const kernelId of this.#made) {
      await runtime.remove(kernelId);
      const left = await this.harness.traces(kernelId);
      if (left.length > 0) throw new Error(`the removal of kernel ${kernelId} left ${left.join(', ')}`);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack[Symbol.asyncDispose]();
  }
}

/** Collects what a runtime tells of ends. */
export class ExitWatch {
  readonly told: ContainerExited[] = [];
  readonly subscription: Disposable;

  constructor(runtime: ContainerRuntime) {
    this.subscription = runtime.onExit((exited) => this.told.push(exited));
  }

  of(kernelId: KernelId): ContainerExited[] {
    return this.told.filter((exited) => exited.kernelId === kernelId);
  }

  next(kernelId: KernelId): Promise<ContainerExited> {
    return until('the end being told', () => this.of(kernelId)[0]);
  }
}

/** A named pipe in the container's work folder that shows whether any process still holds it. */
export class AlivePipe implements AsyncDisposable {
  private constructor(readonly handle: Awaited<ReturnType<typeof open>>) {}

  static async make(spec: ContainerSpec): Promise<AlivePipe> {
    const path = join(spec.workDir, 'alive');
    await promisify(execFile)('mkfifo', ['-m', '666', path]);
    return new AlivePipe(await open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  }

  /** Whether a process has it open for writing: reading then would block instead of finding the end. */
  async held(): Promise<boolean> {
    try {
      const { bytesRead } = await this.handle.read(Buffer.alloc(1), 0, 1, null);
      return bytesRead > 0;
    } catch (error) {
      if (errorCode(error) === 'EAGAIN') return true;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
