// Builds everything: every package with the TypeScript compiler, then the kernel runner as one file. Repeating it costs little.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main, root, runQuiet, StepError, step } from './steps.mjs';

const BUNDLE = join(root, 'packages/kernel-runner/scripts/bundle.mjs');

/** @param {NodeJS.WritableStream} out where the progress goes */
export async function build(out = process.stdout) {
  await step('build: compiling the packages', () => compile(), out);
  await step('build: bundling the kernel runner', () => bundle(), out);
}

async function compile() {
  await runQuiet(join(root, 'node_modules/.bin/tsc'), ['--build', '--pretty', String(process.stderr.isTTY === true)]);
}

async function bundle() {
  if (!existsSync(BUNDLE)) throw new StepError(`${BUNDLE} is missing: without it no kernel can be started`);
  await runQuiet(process.execPath, [BUNDLE]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(() => build());
