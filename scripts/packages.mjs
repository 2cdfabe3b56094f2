// Checks that every package can be published: manifest, README, tarball, types, and a real installation of the library and the program.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { build } from './build.mjs';
import { main, root, runQuiet, StepError, step } from './steps.mjs';

/** Clients of other programs, and what belongs to the app: a program that embeds the agent must not get them. */
const NOT_IN_LIBRARY = ['dockerode', 'etcd3', 'ioredis', '@kubernetes', 'tsyringe', 'yargs', 'winston'];
const PNPM = ['-y', 'pnpm@12'];

export async function checkPackages(out = process.stdout) {
  const packages = findPackages();
  await step('check: manifests and READMEs', async () => report(packages.flatMap(manifestProblems)), out);
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));
  try {
    await step(`check: packing ${packages.length} packages`, () => pack(folder), out);
    await step('check: tarballs and their types', () => checkTarballs(folder, packages), out);
    await step('check: installing the library', () => installLibrary(folder), out);
    await step('check: installing the program', () => installProgram(folder), out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function findPackages() {
  const folders = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name)),
  );
  return folders.map((folder) => ({
    folder,
    manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')),
  }));
}

function report(problems) {
  if (problems.length > 0) throw new StepError(problems.map((problem) => `  ${problem}`).join('\n'));
}

function manifestProblems({ folder, manifest }) {
  const readme = join(root, folder, 'README.md');
  const text = existsSync(readme) ? readFileSync(readme, 'utf8') : '';
  const example = folder.startsWith('apps/') ? /^```(ts|sh)$/m : /^```ts$/m;
  const entries = Object.entries(manifest.exports ?? {});
  const checks = [
    [example.test(text), 'a README.md with an example that a test can run (```ts)'],
    [manifest.license === 'Apache-2.0', '"license": "Apache-2.0"'],
    [manifest.type === 'module', '"type": "module"'],
    [Boolean(manifest.description), 'a description'],
    [entries.some(([name]) => name === '.'), 'an exports map with "."'],
    [
      !JSON.stringify(manifest.publishConfig?.exports ?? '@bai/source').includes('@bai/source'),
      'publishConfig.exports without "@bai/source"',
    ],
    [
      sameEntries(manifest.exports, manifest.publishConfig?.exports),
      'the same entries in exports and publishConfig.exports',
    ],
  ];
  const lacking = checks.filter(([holds]) => !holds).map(([, wanted]) => `${folder} lacks ${wanted}`);
  return [
    ...lacking,
    ...unusedDependencies(folder, manifest).map((name) => `${folder} depends on ${name} for nothing`),
  ];
}

/** What installs something that no source imports. */
function unusedDependencies(folder, { dependencies = {} }) {
  const sources = readdirSync(join(root, folder, 'src'), { recursive: true }).filter((name) =>
    /(?<!\.test)\.ts$/.test(name),
  );
  const text = sources.map((name) => readFileSync(join(root, folder, 'src', name), 'utf8')).join('\n');
  return Object.keys(dependencies).filter((name) => !new RegExp(`['"]${name}['"/]`).test(text));
}

function sameEntries(exports = {}, published = {}) {
  return Object.keys(exports).join() === Object.keys(published).join();
}

async function pack(folder) {
  const args = [
    '--recursive',
    '--filter',
    './packages/*',
    '--filter',
    './apps/*',
    'pack',
    '--pack-destination',
    folder,
  ];
  await runQuiet('npx', [...PNPM, ...args]);
}

const tarball = (folder, name) => join(folder, `${name.slice(1).replace('/', '-')}-0.1.0.tgz`);

/** Two at a time: most of it is other programs' work. */
async function checkTarballs(folder, packages) {
  const problems = [];
  const left = [...packages];
  const worker = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { name } = next.manifest;
      problems.push(...(await tarballProblems(tarball(folder, name))).map((problem) => `${name}: ${problem}`));
    }
  };
  await Promise.all([worker(), worker()]);
  report(problems);
}

async function tarballProblems(file) {
  const list = (await runQuiet('tar', ['-tzf', file])).split('\n');
  const packed = await runQuiet('tar', ['-xzOf', file, 'package/package.json']);
  const wanted = ['package/README.md', 'package/LICENSE']
    .filter((name) => !list.includes(name))
    .map((name) => `lacks ${name}`);
  const unwanted = list
    .filter((name) => /\.test\.|tsbuildinfo|^package\/src\//.test(name))
    .map((name) => `holds ${name}`);
  const words = ['@bai/source', 'workspace:']
    .filter((word) => packed.includes(word))
    .map((word) => `package.json says ${word}`);
  return [...wanted, ...unwanted, ...words, ...(await lint(file, packed)), ...(await types(file))];
}

async function lint(file, packed) {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  const { messages } = await publint({
    pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
    strict: true,
  });
  return messages.map((message) => `publint: ${formatMessage(message, JSON.parse(packed), { color: false })}`);
}

async function types(file) {
  try {
    await runQuiet(join(root, 'node_modules/.bin/attw'), [
      file,
      '--profile',
      'esm-only',
      '--no-emoji',
      '--format',
      'ascii',
    ]);
    return [];
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return [`attw: ${error.message}`];
  }
}

/** Installs tarballs as a user would, all of ours at once so that they find each other. */
async function install(folder, name, tarballs) {
  const project = mkdtempSync(join(folder, `${name}-`));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  await runQuiet('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], { cwd: project });
  return project;
}

async function installLibrary(folder) {
  const closure = workspaceClosure('@bai/agent-runtime').map((name) => tarball(folder, name));
  const project = await install(folder, 'embedder', closure);
  const modules = readdirSync(join(project, 'node_modules'));
  report(NOT_IN_LIBRARY.filter((name) => modules.includes(name)).map((name) => `@bai/agent-runtime installs ${name}`));
  await runQuiet(process.execPath, ['--input-type=module', '--eval', "await import('@bai/agent-runtime')"], {
    cwd: project,
  });
  return `${modules.length} modules`;
}

async function installProgram(folder) {
  const project = await install(
    folder,
    'operator',
    workspaceClosure('@bai/agent').map((name) => tarball(folder, name)),
  );
  const help = await runQuiet(join(project, 'node_modules/.bin/bai-agent'), ['--help'], { cwd: project });
  if (!help.includes('bai-agent')) throw new StepError(`'bai-agent --help' of the installed program says: ${help}`);
}

/** The names of a package and of all our packages that it depends on. */
function workspaceClosure(name) {
  const manifests = new Map(findPackages().map(({ manifest }) => [manifest.name, manifest]));
  const names = new Set([name]);
  for (const each of names) {
    const dependencies = Object.keys(manifests.get(each)?.dependencies ?? {});
    for (const dependency of dependencies) if (manifests.has(dependency)) names.add(dependency);
  }
  return [...names];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    await build();
    await checkPackages();
  });
}
