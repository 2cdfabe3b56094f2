import type { Termination } from '../records/kernel-record.js';
import type { Kernel } from './kernel.js';

/**
 * Takes away all that {@link bringUp} made, in reverse, and tells it. Every step is safe to repeat and finds its work by the kernel's id
 * alone: the same code ends a kernel on request, after a failed creation, and after a crash in the middle of either.
 */
export async function tearDown(kernel: Kernel, termination: Termination): Promise<void> {
  const { context, id } = kernel;
  const { runtime, failPoints } = context;
  if (kernel.state === 'terminated') return;
  // A destruction that a crash cut short keeps the reason that it began with.
  const { reason, suppressEvents } = kernel.record.termination ?? termination;
  await kernel.commit({ state: 'terminating', termination: { reason, suppressEvents } });
  failPoints.reach('destroy.recorded');
  await kernel.disconnect(new Error(`kernel ${id} ends (${reason})`));
  await runtime.stop(id, { graceMs: context.settings.stopGraceMs });
  failPoints.reach('destroy.stopped');
  const exit = kernel.exit ?? (await runtime.inspect(id))?.exit ?? null;
  await runtime.remove(id);
  failPoints.reach('destroy.container');
  await context.scratch.remove(id);
  failPoints.reach('destroy.scratch');
  context.ports.release(id);
  context.resources.release(id);
  failPoints.reach('destroy.released');
  const told = { type: 'kernel-terminated', reason, exitCode: exit?.code ?? null } as const;
  await kernel.commit({ state: 'terminated' }, suppressEvents ? [] : [told]);
  failPoints.reach('destroy.reported');
  if (kernel.record.outbox.length === 0) await context.store.delete(id);
  context.stats.count('kernels_ended');
  kernel.logger.info('kernel ended', { reason, exitCode: told.exitCode });
}
