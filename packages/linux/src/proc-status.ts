import { join } from 'node:path';
import { readKernelFile } from './read-file.js';

/** What `/proc/PID/status` says of a process. */
export interface ProcessStatus {
  readonly uid: number;
  readonly gid: number;
  /** Resident memory, and its highest value; undefined for kernel threads and processes that have ended. */
  readonly residentBytes: number | undefined;
  readonly peakResidentBytes: number | undefined;
  /** The process number in each nested pid namespace, outermost first. */
  readonly namespacePids: readonly number[];
  readonly noNewPrivileges: boolean;
  /** Effective and bounding capability sets as bit masks. */
  readonly effectiveCapabilities: bigint;
  readonly boundingCapabilities: bigint;
  /** CPUs that the process may run on, as `0-3,8`. */
  readonly allowedCpus: string;
}

export function parseProcessStatus(text: string): ProcessStatus {
  const fields = new Map(
    text.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    }),
  );
  const words = (key: string): string[] => (fields.get(key) ?? '').split(/\s+/).filter((word) => word !== '');
  const kibibytes = (key: string): number | undefined => {
    const [amount] = words(key);
    return amount === undefined ? undefined : Number(amount) * 1024;
  };
  return {
    uid: Number(words('Uid')[1] ?? Number.NaN),
    gid: Number(words('Gid')[1] ?? Number.NaN),
    residentBytes: kibibytes('VmRSS'),
    peakResidentBytes: kibibytes('VmHWM'),
    namespacePids: words('NSpid').map(Number),
    noNewPrivileges: fields.get('NoNewPrivs') === '1',
    effectiveCapabilities: BigInt(`0x${fields.get('CapEff') || '0'}`),
    boundingCapabilities: BigInt(`0x${fields.get('CapBnd') || '0'}`),
    allowedCpus: fields.get('Cpus_allowed_list') ?? '',
  };
}

/** Reads a process; undefined when there is none of that number. */
export function readProcessStatus(pid: number | 'self', root = '/'): ProcessStatus | undefined {
  const text = readKernelFile(join(root, 'proc', String(pid), 'status'));
  return text === undefined || text === '' ? undefined : parseProcessStatus(text);
}
