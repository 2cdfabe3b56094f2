import type { Logger } from '@bai/core';
import { readMemory } from '@bai/linux';
import { readCgroupMemoryLimit } from './cgroup-memory-limit.js';
import type { ComputePlugin } from './compute-plugin.js';
import { ResourcesError } from './resources-error.js';

export interface HostMemoryOptions {
  readonly reservedBytes: bigint;
  readonly alignBytes: bigint;
  readonly root: string;
  readonly logger: Logger;
}

/**
 * The memory of the host (or what the agent's own cgroup leaves of it), less the reservation, as the one device `root`.
 * Where the reservation would leave nothing, it is lowered to half of the memory with a warning. @see spec/05 §3.2, §3.3
 */
export function hostMemory(options: HostMemoryOptions): ComputePlugin {
  const total = totalMemory(options.root);
  const usable = alignMemory(total, fittingReservation(total, options), options.alignBytes);
  return {
    key: 'mem',
    strategy: 'fill',
    devices: [{ deviceId: 'root', slot: 'mem', type: 'bytes', amount: usable.toString() }],
    attached: (deviceIds) => deviceIds.map((deviceId) => ({ deviceId, modelName: '', data: {} })),
  };
}

/**
 * What may be given out of `total` bytes. Upstream adds the remainder of an unaligned total instead of cutting it off; the result is
 * kept, since managers compare it with what upstream agents report, unless it would be more than there is. @see spec/05 §3.3
 */
export function alignMemory(total: bigint, reserved: bigint, align: bigint): bigint {
  const padded = total + (total % align) - reserved;
  const usable = padded - (padded % align);
  return usable > total ? total - (total % align) : usable;
}

function fittingReservation(total: bigint, { reservedBytes, alignBytes, logger }: HostMemoryOptions): bigint {
  if (alignMemory(total, reservedBytes, alignBytes) > 0n) return reservedBytes;
  const reserved = total / 2n;
  logger.warn('less memory than configured is reserved, so that kernels get some', {
    totalBytes: total,
    configuredBytes: reservedBytes,
    reservedBytes: reserved,
  });
  return reserved;
}

function totalMemory(root: string): bigint {
  const { totalBytes } = readMemory(root);
  if (!(totalBytes > 0)) {
    throw new ResourcesError('HOST_UNREADABLE', '/proc/meminfo has no MemTotal: mount /proc where the agent runs');
  }
  const limit = readCgroupMemoryLimit(root);
  return BigInt(limit === undefined ? totalBytes : Math.min(totalBytes, limit));
}
