// Makes the runner one file that runs without node_modules, with the native addon and the interpreter programs beside it.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const INTERPRETERS = join(here, 'interpreters');
const ADDON = 'zeromq.node';

/** Writes the bundle to `directory`, replacing what is there. */
export async function bundle(directory = join(here, 'dist', 'bundle')) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, 'interpreters'), { recursive: true });
  await build({
    entryPoints: [join(here, 'src', 'main.ts')],
    outfile: join(directory, 'runner.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    conditions: ['@bai/source'],
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [addonBeside],
  });
  copyFileSync(chooseAddon(), join(directory, ADDON));
  for (const name of readdirSync(INTERPRETERS)) {
    copyFileSync(join(INTERPRETERS, name), join(directory, 'interpreters', name));
    chmodSync(join(directory, 'interpreters', name), 0o644);
  }
}

/** zeromq searches its package for an addon at run time: the bundle loads the one beside it. */
const addonBeside = {
  name: 'addon-beside',
  setup(api) {
    api.onLoad({ filter: /zeromq[\\/]lib[\\/]load-addon\.js$/ }, () => ({
      contents: `exports.__esModule = true; exports.default = require(require('node:path').join(__dirname, '${ADDON}'));`,
    }));
  },
};

/** Of zeromq's prebuilt addons for this platform that load here, the one that runs on the oldest glibc. */
function chooseAddon() {
  const root = join(dirname(createRequire(join(here, 'package.json')).resolve('zeromq/package.json')), 'build');
  const folder = join(root, process.platform, process.arch, 'node');
  const candidates = readdirSync(folder)
    .map((name) => ({ path: join(folder, name, 'addon.node'), abi: Number(/\d+/.exec(name)?.[0] ?? 0) }))
    .filter(({ path }) => !isForMusl(path) && loads(path))
    .sort((a, b) => neededGlibc(a.path) - neededGlibc(b.path) || b.abi - a.abi);
  if (candidates.length === 0) throw new Error(`no addon of zeromq in ${folder} loads on this machine`);
  return candidates[0].path;
}

const isForMusl = (path) => readFileSync(path).includes('libc.musl');

function neededGlibc(path) {
  const versions = readFileSync(path, 'latin1').matchAll(/GLIBC_2\.(\d+)/g);
  return Math.max(0, ...[...versions].map(([, minor]) => Number(minor)));
}

/** In a process of its own: a wrong addon may end it. */
function loads(path) {
  return spawnSync(process.execPath, ['-e', `require(${JSON.stringify(path)})`], { stdio: 'ignore' }).status === 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await bundle();
