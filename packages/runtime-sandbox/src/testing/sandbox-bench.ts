import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container, ContainerSpec } from '@bai/container-runtime';
import { DisposalStack, type KernelId, newKernelId, poll } from '@bai/core';
import { type SandboxOptions, SandboxRuntime } from '../sandbox-runtime.js';
import { sandboxTraces } from './sandbox-traces.js';

const PATIENCE = { timeoutMs: 20_000, intervalMs: 5 };

/** Waits until the condition answers something. */
export const until = <T>(what: string, condition: () => T | undefined | Promise<T | undefined>): Promise<T> =>
  poll(what, PATIENCE, condition);

/** A sandbox over a folder of its own, whose kernels run shell scripts. Its end takes all away and looks for traces. */
export class SandboxBench implements AsyncDisposable {
  readonly #stack = new DisposalStack();
  readonly #kernelIds: KernelId[] = [];

  private constructor(
    readonly folder: string,
    readonly directory: string,
    readonly runtime: SandboxRuntime,
  ) {}

  static async open(options: Partial<SandboxOptions> & { readonly name?: string } = {}): Promise<SandboxBench> {
    const folder = await mkdtemp(join(tmpdir(), 'bai-sandbox-'));
    await chmod(folder, 0o711);
    const directory = join(folder, options.name ?? 'state');
    const runtime = await SandboxRuntime.open({ ...options, directory });
    const bench = new SandboxBench(folder, directory, runtime);
    bench.#stack.defer('folder', () => rm(folder, { recursive: true }));
    bench.#stack.use(runtime);
    bench.#stack.defer('kernels', () => bench.#removeAll());
    return bench;
  }

  async spec(script: string, overrides: Partial<ContainerSpec> = {}): Promise<ContainerSpec> {
    const kernelId = newKernelId();
    this.#kernelIds.push(kernelId);
    const base = join(this.folder, `${this.#kernelIds.length}`);
    const [configDir, workDir, runnerDir] = ['config', 'work', 'runner'].map((name) => join(base, name)) as [
      string,
      string,
      string,
    ];
    for (const folder of [configDir, workDir, runnerDir]) await mkdir(folder, { recursive: true });
    return {
      kernelId,
      image: 'host/shell',
      hostname: 'main1',
      labels: {},
      environ: {},
      configDir,
      workDir,
      mounts: [],
      runner: {
        folder: { hostPath: runnerDir, mountPoint: '/opt/backend.ai', command: ['/bin/sh', '-c', script, 'runner'] },
        runtimeType: 'shell',
        runtimePath: undefined,
        spoolBytes: 1024,
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

  /** Creates and starts a kernel that runs the script. */
  async start(script: string, overrides: Partial<ContainerSpec> = {}): Promise<ContainerSpec> {
    const spec = await this.spec(script, overrides);
    await this.runtime.create(spec);
    await this.runtime.start(spec.kernelId);
    return spec;
  }

  /** Runs a script to its end and gives what it printed on both outputs. */
  async run(script: string, overrides: Partial<ContainerSpec> = {}): Promise<{ output: string; container: Container }> {
    const spec = await this.start(script, overrides);
    const container = await this.ended(spec.kernelId);
    return { output: await this.log(spec.kernelId), container };
  }

  ended(kernelId: KernelId): Promise<Container> {
    return until('the end of the kernel', async () => {
      const container = await this.runtime.inspect(kernelId);
      return container?.state === 'exited' ? container : undefined;
    });
  }

  async log(kernelId: KernelId): Promise<string> {
    return Buffer.from(await this.runtime.logs(kernelId, { maxBytes: 1024 * 1024 })).toString('utf8');
  }

  /** Waits until the kernel's log has this text. */
  async printed(kernelId: KernelId, text: string): Promise<void> {
    await until(`'${text}' in the log`, async () => (await this.log(kernelId)).includes(text) || undefined);
  }

  async #removeAll(): Promise<void> {
    for (const kernelId of this.#kernelIds) await this.runtime.remove(kernelId);
    const traces = this.#kernelIds.flatMap((kernelId) => sandboxTraces(this.directory, kernelId));
    if (traces.length > 0) throw new Error(`left behind: ${traces.join(', ')}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack[Symbol.asyncDispose]();
  }
}
