import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readKernelFile } from './read-file.js';

const CLOSE_ON_EXEC = 0o2000000;

/**
 * Descriptors of this process, besides the standard three, that every program it starts would inherit. Node.js opens none like
 * that, but keeps those that it was itself started with (by a service manager, a terminal, another agent).
 */
export function inheritableDescriptors(root = '/'): number[] {
  const folder = join(root, 'proc/self/fdinfo');
  return readdirSync(folder)
    .map(Number)
    .filter((fd) => fd > 2 && isInheritable(readKernelFile(join(folder, String(fd)))))
    .sort((a, b) => a - b);
}

function isInheritable(text: string | undefined): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(text ?? '')?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
}
