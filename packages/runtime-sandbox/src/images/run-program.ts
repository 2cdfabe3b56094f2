import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { WaitOptions } from '@bai/core';

/** Longer than a cold start of a version manager's shim on a busy machine. */
const PROBE_MS = 15_000;

/** Runs a program of the host and gives what it printed; undefined when it fails. */
export async function probe(
  command: string,
  args: readonly string[],
  options: WaitOptions = {},
): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, [...args], {
      timeout: PROBE_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024,
      cwd: '/',
      signal: options.signal,
    });
    return stdout;
  } catch {
    options.signal?.throwIfAborted();
    return undefined; // not what it looked like: the next candidate is tried
  }
}
