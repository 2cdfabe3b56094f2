import { spawnSync } from 'node:child_process';

const works = (file: string, ...args: string[]) => spawnSync(file, args, { stdio: 'ignore' }).status === 0;

export const hasPython = works('python3', '-c', '');
export const hasBash = works('/bin/bash', '-c', ':');
export const hasMake = works('make', '--version');

/** A Python that has ipykernel, or undefined. */
export const ipykernelPython: string | undefined = [process.env['BAI_TEST_IPYKERNEL_PYTHON'], 'python3'].find(
  (path) => path !== undefined && path !== '' && works(path, '-c', 'import ipykernel'),
);

/** Whether to run tests that need something. Says why not; where nothing may be missing (CI), it's a failure. */
export function have(found: boolean, what: string): boolean {
  if (found) return true;
  if (process.env['CI'] === 'true') throw new Error(`${what} is missing, and in CI nothing may be skipped`);
  process.stderr.write(`skipped: ${what} is missing\n`);
  return false;
}
