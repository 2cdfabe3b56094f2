import type { Logger } from '@bai/core';
import { readCpuTopology, readUsableCpus } from '@bai/linux';
import type { ComputePlugin } from './compute-plugin.js';

/**
 * The cores that this process may use (its affinity and cpuset) and that are switched on. The lowest `reserved` of them are kept for
 * the agent and the system: no kernel gets them. @see spec/05 §3.2
 *
 * Upstream takes the reservation off the reported amount only, and may give every core to kernels. One core is always left to kernels:
 * where the reservation is larger, it is lowered with a warning.
 */
export function hostCpu(options: {
  readonly reserved: number;
  /** How many kernels may share one core. Default 1. @see spec/05 §10.1 */
  readonly overcommit?: number;
  readonly root: string;
  readonly logger: Logger;
}): ComputePlugin {
  const cores = usableCores(options.root);
  const reserved = Math.min(options.reserved, cores.length - 1);
  if (reserved < options.reserved) {
    options.logger.warn('fewer cores than configured are reserved, so that kernels get one', {
      usableCores: cores.length,
      configured: options.reserved,
      reserved,
    });
  }
  const amount = String(options.overcommit ?? 1);
  const deviceIds = cores.slice(reserved).map(String);
  return {
    key: 'cpu',
    strategy: 'evenly',
    devices: deviceIds.map((deviceId) => ({ deviceId, slot: 'cpu', type: 'count', amount })),
    attached: (cores) => cores.map((deviceId) => ({ deviceId, modelName: '', data: { cores: cores.length } })),
  };
}

/** Where the online list can't be read (some containers hide it), the affinity alone counts. */
function usableCores(root: string): number[] {
  const online = new Set(readCpuTopology(root).map((cpu) => cpu.id));
  const allowed = readUsableCpus(root);
  const both = allowed.filter((cpu) => online.has(cpu));
  if (both.length > 0) return both;
  return allowed.length > 0 ? allowed : [0];
}
