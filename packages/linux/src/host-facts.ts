import { arch, hostname, release } from 'node:os';
import { join } from 'node:path';
import { detectCgroups } from './cgroup-hierarchy.js';
import { readCpuTopology, readUsableCpus } from './cpu-topology.js';
import { readBootId } from './process-identity.js';
import { readKernelTable } from './read-file.js';

export interface MemoryFacts {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

/** Memory of the machine. */
export function readMemory(root = '/'): MemoryFacts {
  const table = readKernelTable(join(root, 'proc/meminfo'));
  const bytes = (key: string): number => (table.get(key) ?? 0) * 1024;
  return { totalBytes: bytes('MemTotal'), availableBytes: bytes('MemAvailable') };
}

/** What an operator or a manager wants to know of the machine. */
export interface HostFacts {
  readonly hostname: string;
  readonly kernelRelease: string;
  /** As Backend.AI names it: `x86_64`, `aarch64`. */
  readonly architecture: string;
  readonly bootId: string;
  /** CPUs that are on, and those of them that this process may use. */
  readonly onlineCpus: number;
  readonly usableCpus: number;
  readonly memory: MemoryFacts;
  /** Controllers under which groups for kernels can be made here. */
  readonly cgroupControllers: readonly string[];
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** The machine's architecture in Backend.AI's words. */
export const hostArchitecture = (): string => ARCHITECTURES[arch()] ?? arch();

export function readHostFacts(root = '/'): HostFacts {
  return {
    hostname: hostname(),
    kernelRelease: release(),
    architecture: hostArchitecture(),
    bootId: readBootId(root),
    onlineCpus: readCpuTopology(root).length,
    usableCpus: readUsableCpus(root).length,
    memory: readMemory(root),
    cgroupControllers: detectCgroups(root)
      .flatMap((parent) => parent.controllers)
      .sort(),
  };
}
