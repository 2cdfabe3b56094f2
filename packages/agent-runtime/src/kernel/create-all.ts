import { type CreatedKernel, type CreateKernelsCommand, InvalidArgumentError } from '@bai/agent-api';
import { describeError } from '@bai/core';
import { newRecord } from '../records/new-record.js';
import type { KernelContext } from './context.js';
import { Kernel } from './kernel.js';
import type { KernelTable } from './kernel-table.js';

/**
 * Creates all kernels of a command or none: when one fails, those that came up are destroyed without events, since the manager learns
 * of the whole from the failure. @see spec/02 §4.2
 * @throws {AgentError} that of the first kernel that failed, in the command's order.
 */
export async function createAll(
  command: CreateKernelsCommand,
  context: KernelContext,
  table: KernelTable,
): Promise<readonly CreatedKernel[]> {
  const kernels = enterAll(command, context, table);
  const outcomes = await runLimited(kernels, context.settings.creationConcurrency, (kernel) => kernel.create());
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure === undefined)
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  await Promise.all(kernels.map((kernel) => endSibling(kernel)));
  throw failure.reason;
}

/** All ids are taken at once, so that of two commands for the same kernel the later one changes nothing. */
function enterAll(command: CreateKernelsCommand, context: KernelContext, table: KernelTable): readonly Kernel[] {
  const ids = new Set(command.kernels.map((spec) => spec.kernelId));
  if (ids.size !== command.kernels.length) throw new InvalidArgumentError('kernels', 'one kernel id is named twice');
  for (const id of ids) table.assertFree(id);
  return command.kernels.map((spec) => table.enter(new Kernel(newRecord(command, spec), context)));
}

async function endSibling(kernel: Kernel): Promise<void> {
  if (kernel.state === 'terminated') return;
  try {
    await kernel.destroy({ reason: 'failed-to-create', suppressEvents: true });
  } catch (error) {
    kernel.logger.error('a sibling of a failed kernel could not be removed: destroy it', {
      error: describeError(error),
    });
  }
}

/** Starts the work for each item in order, at most `limit` at a time. */
async function runLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  const outcomes: PromiseSettledResult<R>[] = new Array(items.length);
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) {
      outcomes[index] = (await Promise.allSettled([work(item)]))[0];
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return outcomes;
}
