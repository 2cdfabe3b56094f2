import type { Container } from '@bai/container-runtime';
import { describeError, type KernelId } from '@bai/core';
import type { KernelContext } from './kernel/context.js';
import type { Kernel } from './kernel/kernel.js';
import type { KernelRecord } from './records/kernel-record.js';

/** What the start found, for the log and for whoever shows it. */
export interface Reconciliation {
  adopted: number;
  ended: number;
  undone: number;
  strangers: number;
}

/** Where {@link reconcile} puts what it finds. */
export interface KernelRegistry {
  /** Makes the owner of a recorded kernel and enters it under its id. */
  enter(record: KernelRecord): Kernel;
}

/**
 * Brings records, runtime and scratch together after a start: what should run and runs is adopted; what should run and doesn't is told
 * as ended; what was half-way in or out is taken away; what no record knows is removed. After it, nothing is lost and nothing leaks.
 */
export async function reconcile(
  context: KernelContext,
  registry: KernelRegistry,
  corrupt: readonly KernelId[],
  records: readonly KernelRecord[],
): Promise<Reconciliation> {
  const containers = new Map((await context.runtime.list()).map((found) => [found.kernelId, found]));
  const counts: Reconciliation = { adopted: 0, ended: 0, undone: 0, strangers: 0 };
  // Slots and ports first: no new kernel may get what an old one still holds.
  for (const record of records) restoreHoldings(context, record, containers.get(record.kernelId));
  await Promise.all(records.map((record) => settle(registry.enter(record), containers.get(record.kernelId), counts)));
  await removeStrangers(context, new Set(records.map((record) => record.kernelId)), corrupt, containers, counts);
  context.logger.info('kernels of before were looked after', { ...counts });
  return counts;
}

function restoreHoldings(context: KernelContext, record: KernelRecord, container: Container | undefined): void {
  if (record.state !== 'running' || container?.state !== 'running' || record.allocations === null) return;
  context.resources.restore(record.kernelId, record.allocations);
  context.ports.restore(record.kernelId, record.hostPorts);
}

async function settle(kernel: Kernel, container: Container | undefined, counts: Reconciliation): Promise<void> {
  try {
    await kernel.resumeDelivery();
    switch (kernel.state) {
      case 'running':
        return await settleRunning(kernel, container, counts);
      case 'preparing':
      case 'creating':
        counts.undone += 1;
        return await kernel.destroy({ reason: 'failed-to-create', suppressEvents: false });
      case 'terminating':
        counts.undone += 1;
        return await kernel.destroy({ reason: 'self-terminated', suppressEvents: false });
      case 'terminated':
        return;
    }
  } catch (error) {
    kernel.logger.error('a kernel of before could not be settled: destroy it to try again', {
      error: describeError(error),
    });
  }
}

async function settleRunning(kernel: Kernel, container: Container | undefined, counts: Reconciliation): Promise<void> {
  if (container?.state === 'running') {
    try {
      await kernel.adopt(container);
      counts.adopted += 1;
      return;
    } catch (error) {
      kernel.logger.error('a running kernel could not be reached and is ended', { error: describeError(error) });
    }
  }
  counts.ended += 1;
  if (container?.exit) kernel.containerExited(container.exit);
  const reason = container === undefined ? 'container-not-found' : 'self-terminated';
  await kernel.destroy({ reason, suppressEvents: false });
}

async function removeStrangers(
  context: KernelContext,
  known: ReadonlySet<KernelId>,
  corrupt: readonly KernelId[],
  containers: ReadonlyMap<KernelId, Container>,
  counts: Reconciliation,
): Promise<void> {
  const folders = await context.scratch.list();
  const strangers = new Set([...containers.keys(), ...folders, ...corrupt].filter((id) => !known.has(id)));
  for (const kernelId of strangers) {
    counts.strangers += 1;
    context.logger.warn('a kernel without a record is removed', { kernelId });
    await context.runtime.remove(kernelId);
    await context.scratch.remove(kernelId);
  }
}
