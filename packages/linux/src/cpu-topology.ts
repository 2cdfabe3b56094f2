import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseCpuList } from './cpu-list.js';
import { readProcessStatus } from './proc-status.js';
import { readKernelFile, readKernelNumber } from './read-file.js';

/** Where one CPU (hardware thread) sits. Unknown places are null. */
export interface Cpu {
  readonly id: number;
  readonly coreId: number | null;
  readonly packageId: number | null;
  readonly numaNode: number | null;
}

/** CPUs that are switched on, with their places, in rising order. */
export function readCpuTopology(root = '/'): Cpu[] {
  const base = join(root, 'sys/devices/system/cpu');
  return parseCpuList(readKernelFile(join(base, 'online')) ?? '').map((id) => ({
    id,
    coreId: readKernelNumber(join(base, `cpu${id}/topology/core_id`)) ?? null,
    packageId: readKernelNumber(join(base, `cpu${id}/topology/physical_package_id`)) ?? null,
    numaNode: readNumaNode(join(base, `cpu${id}`)),
  }));
}

/** The kernel shows the node of a CPU as a link named `nodeN` in the CPU's folder. */
function readNumaNode(folder: string): number | null {
  try {
    const name = readdirSync(folder).find((entry) => /^node\d+$/.test(entry));
    return name === undefined ? null : Number(name.slice('node'.length));
  } catch {
    return null; // no such folder: some virtual machines have no topology
  }
}

/** CPUs that this process may use (its affinity, which includes its cpuset), in rising order. */
export const readUsableCpus = (root = '/'): number[] =>
  parseCpuList(readProcessStatus('self', root)?.allowedCpus ?? '');
