// Builds, then runs the agent's command line in this process: signals, standard input and the exit code need no relay.
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { root } from './steps.mjs';

const BINARY = join(root, 'apps/agent/dist/main.js');
const SILENT_MS = 800;

/** @param {string[]} args @param {{ showBuild: boolean }} options a build that isn't shown speaks up on stderr when it takes long */
export async function runAgent(args, { showBuild }) {
  if (showBuild) await build();
  else await buildInBackground();
  process.argv.splice(1, process.argv.length, BINARY, ...args);
  await import(pathToFileURL(BINARY).href);
  return process.exitCode;
}

async function buildInBackground() {
  const notice = setTimeout(() => process.stderr.write('building what changed ...\n'), SILENT_MS);
  try {
    await build(new PassThrough().resume());
  } finally {
    clearTimeout(notice);
  }
}
