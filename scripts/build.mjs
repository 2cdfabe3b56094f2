// Builds everything: every package with the TypeScript compiler, then the kernel runner as one file. Repeating it costs little.
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main, root, runQuiet, StepError, step } from './steps.mjs';

const RUNNER = join(root, 'packages/kernel-runner');
const BUNDLE = join(RUNNER, 'scripts/bundle.mjs');
const BUNDLE_FOLDER = join(RUNNER, 'dist/bundle');
const BUNDLE_INPUTS = [
  ...['src', 'interpreters', 'scripts'].map((name) => join(RUNNER, name)),
  ...['packages/kernel-protocol/src', 'pnpm-lock.yaml'].map((name) => join(root, name)),
];

/** @param {NodeJS.WritableStream} out where the progress goes */
export async function build(out = process.stdout) {
  await step('build: compiling the packages', () => compile(), out);
  await step('build: bundling the kernel runner', () => bundle(), out);
}

async function compile() {
  await runQuiet(join(root, 'node_modules/.bin/tsc'), ['--build', '--pretty', String(process.stderr.isTTY === true)]);
}

/** The runner must stand alone in a kernel, with its modules and zeromq's addon beside it. */
async function bundle() {
  if (!existsSync(BUNDLE)) throw new StepError(`${BUNDLE} is missing: without it no kernel can be started`);
  if (newest(BUNDLE_INPUTS) < modified(join(BUNDLE_FOLDER, 'runner.cjs'))) return 'up to date';
  // Made beside its place, so that an interrupted build is not taken for a whole one; in a process of its own, because esbuild keeps one.
  const made = `${BUNDLE_FOLDER}.new`;
  const script = `const { bundle } = await import(${JSON.stringify(BUNDLE)}); await bundle(${JSON.stringify(made)})`;
  await runQuiet(process.execPath, ['--input-type=module', '--eval', script]);
  rmSync(BUNDLE_FOLDER, { recursive: true, force: true });
  renameSync(made, BUNDLE_FOLDER);
}

/** Time of the latest change to a file below the given places. */
function newest(places) {
  const files = places.flatMap((place) =>
    statSync(place).isDirectory() ? readdirSync(place, { recursive: true }).map((name) => join(place, name)) : place,
  );
  return Math.max(...files.map(modified));
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(() => build());
