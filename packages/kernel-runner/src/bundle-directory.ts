import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunnerError } from './errors.js';

/** The runner's script in the folder of {@link bundleDirectory}. */
export const RUNNER_SCRIPT = 'runner.cjs';

/**
 * Absolute path of the folder that holds the runner as delivered: {@link RUNNER_SCRIPT}, the zeromq addon, and the interpreter programs.
 * It needs no `node_modules` and may be copied anywhere as a whole.
 * @throws {RunnerError} `RUNNER_NOT_BUILT` when the package wasn't built.
 */
export function bundleDirectory(): string {
  // The same folder from `src` (tests) and from `dist` (as published).
  const directory = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'bundle');
  if (existsSync(join(directory, RUNNER_SCRIPT))) return directory;
  const message = `the kernel runner is not built (no ${join(directory, RUNNER_SCRIPT)}): run 'pnpm build' first`;
  throw new RunnerError('RUNNER_NOT_BUILT', message);
}
