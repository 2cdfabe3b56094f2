import type { Agent, KernelSummary } from '@bai/agent-api';
import { DisposalStack, formatSize } from '@bai/core';
import type { CommandContext } from '../cli/context.js';
import { EXIT, UsageError } from '../cli/endings.js';
import { table } from '../cli/table.js';
import { connectAgent } from './open-agent.js';

export interface KernelsOptions {
  readonly addr: string;
}

/** How these commands find their agent; tests put in another. */
export type Connect = (address: string, stack: DisposalStack) => Promise<Agent>;

/** `bai-agent kernels ls` */
export async function listKernels(
  { addr }: KernelsOptions,
  { printer }: CommandContext,
  connect: Connect = connectAgent,
): Promise<number> {
  await using stack = new DisposalStack();
  const agent = await connect(addr, stack);
  const kernels = await agent.listKernels();
  await printer.value(kernels);
  if (kernels.length === 0)
    await printer.line("no kernels; 'bai-agent run --keep --addr HOST:PORT FILE' makes one that stays");
  else await printer.line(table(['KERNEL', 'STATE', 'IMAGE', 'CPU', 'MEMORY', 'AGE', 'RUN'], kernels.map(row)));
  return EXIT.ok;
}

function row(kernel: KernelSummary): readonly string[] {
  const { cpu = '-', mem } = kernel.slots;
  const memory = mem !== undefined && /^\d+$/.test(mem) ? formatSize(BigInt(mem)) : (mem ?? '-');
  return [kernel.kernelId, kernel.state, kernel.image, cpu, memory, age(kernel.createdAt), kernel.activeRun ?? '-'];
}

function age(createdAt: number): string {
  const seconds = Math.max(0, Math.round((Date.now() - createdAt) / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** `bai-agent kernels logs KERNEL` */
export async function kernelLogs(
  { addr, kernel }: KernelsOptions & { readonly kernel: string },
  { printer }: CommandContext,
  connect: Connect = connectAgent,
): Promise<number> {
  await using stack = new DisposalStack();
  const agent = await connect(addr, stack);
  const { kernelId } = await findKernel(agent, kernel);
  const text = await agent.getLogs(kernelId);
  await printer.value({ kernelId, text });
  if (!printer.json) await printer.out(text);
  return EXIT.ok;
}

/** `bai-agent kernels rm KERNEL…` */
export async function removeKernels(
  { addr, kernels, all }: KernelsOptions & { readonly kernels: readonly string[]; readonly all: boolean },
  { printer }: CommandContext,
  connect: Connect = connectAgent,
): Promise<number> {
  if (all === kernels.length > 0) throw new UsageError('name the kernels to end, or say --all');
  await using stack = new DisposalStack();
  const agent = await connect(addr, stack);
  const found = all ? await agent.listKernels() : await Promise.all(kernels.map((name) => findKernel(agent, name)));
  for (const { kernelId, sessionId } of found) {
    await agent.destroyKernel({ kernelId, sessionId, reason: 'user-requested', suppressEvents: false });
    await printer.value({ removed: kernelId });
    await printer.line(kernelId);
  }
  return EXIT.ok;
}

/** The kernel whose id begins so. @throws {UsageError} when there is none, or more than one */
export async function findKernel(agent: Agent, start: string): Promise<KernelSummary> {
  const kernels = await agent.listKernels();
  const wanted = start.toLowerCase();
  const [found, ...others] = kernels.filter(({ kernelId }) => wanted !== '' && kernelId.startsWith(wanted));
  if (found === undefined) {
    const ids = kernels.map(({ kernelId }) => kernelId.slice(0, 8)).join(', ');
    throw new UsageError(`no kernel ${start} on this agent${ids === '' ? ', which has none' : `; it has ${ids}`}`);
  }
  if (others.length > 0) throw new UsageError(`${others.length + 1} kernels begin with ${start}: give more of the id`);
  return found;
}
