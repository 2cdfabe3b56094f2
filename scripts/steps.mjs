// What the scripts of this folder share: the repository's root, child programs, and one line per step with its time.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** A step that failed for a reason that its own output has told already. */
export class StepError extends Error {}

/**
 * Runs `work` between "label ..." and how long it took. On a terminal or in a log this is one line, unless the work prints itself.
 * @param {string} label
 * @param {() => Promise<string | void>} work may return a few words that are added to the line
 */
export async function step(label, work, out = process.stdout) {
  const start = performance.now();
  out.write(`${label} ... `);
  try {
    const note = await work();
    out.write(`${note ? `${note}, ` : ''}${seconds(start)}\n`);
  } catch (error) {
    out.write(`failed after ${seconds(start)}\n`);
    throw error;
  }
}

/** Runs a program with its output passed on. Answers with its exit code, 128 + n for signal n's like. */
export function runShown(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
}

/**
 * Runs a program and keeps its output.
 * @returns {Promise<string>} its standard output
 * @throws {StepError} with everything it printed when it fails
 */
export function runQuiet(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const all = [];
    const out = [];
    child.stdout.on('data', (chunk) => {
      all.push(chunk);
      out.push(chunk);
    });
    child.stderr.on('data', (chunk) => all.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const printed = Buffer.concat(all).toString().trimEnd();
      reject(new StepError(`${printed}\n'${[command, ...args].join(' ')}' ended with exit code ${code ?? 'none'}`));
    });
  });
}

/** Runs a script's main function; a failure is printed once, without a stack where the text says it all. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    console.error(error instanceof StepError ? error.message : error);
    process.exitCode = 1;
  }
}

function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
