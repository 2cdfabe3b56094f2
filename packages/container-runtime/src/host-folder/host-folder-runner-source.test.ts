import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DisposalStack, MemoryLogger } from '@bai/core';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeRunnerSource, scriptedRunner, scriptedRunnerBundle } from '../testing/index.js';
import { canMakeRoots, runInEmptyRoot } from '../testing/run-in-empty-root.js';
import { HostFolderRunnerSource } from './host-folder-runner-source.js';

let stack: DisposalStack;
let directory: string;
let bundle: string;

beforeEach(async () => {
  stack = new DisposalStack();
  directory = await temporaryFolder();
  bundle = await temporaryFolder();
  await writeFile(join(bundle, 'runner.mjs'), 'console.log("ran");\n');
});
afterEach(() => stack[Symbol.asyncDispose]());

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bai-delivery-'));
  stack.defer(folder, () => rm(folder, { recursive: true, force: true }));
  return folder;
}

describeRunnerSource('host folder', async (suiteBundle) => {
  const place = await mkdtemp(join(tmpdir(), 'bai-runners-'));
  return {
    open: () => new HostFolderRunnerSource({ bundle: suiteBundle, directory: place }),
    openBroken: () => new HostFolderRunnerSource({ bundle: join(suiteBundle, 'missing'), directory: place }),
    run: runInEmptyRoot,
    [Symbol.asyncDispose]: () => rm(place, { recursive: true, force: true }),
  };
});

test('needs nothing of the image it runs in', async (context) => {
  if (!(await canMakeRoots())) context.skip('this machine lets nobody make a mount namespace');
  await writeFile(join(bundle, 'runner.mjs'), 'import fs from "node:fs"; console.log(fs.readdirSync("/").join());');
  const folder = await new HostFolderRunnerSource({ bundle, directory }).provide();
  expect(await runInEmptyRoot(folder, [])).toBe('opt\n');
});

const require = createRequire(import.meta.url);
const addon = join(dirname(require.resolve('zeromq/package.json')), `build/linux/${process.arch}/node/115/addon.node`);

test('a native addon and its libraries come along', async (context) => {
  if (!existsSync(addon)) context.skip(`zeromq has no binary for ${process.arch}`);
  await copyFile(addon, join(bundle, 'addon.node'));
  const script = `import { createRequire } from 'node:module';
    const zmq = createRequire(import.meta.url)('./addon.node');
    console.log(process.version, typeof zmq.Socket, zmq.version);`;
  await writeFile(join(bundle, 'runner.mjs'), script);
  const folder = await new HostFolderRunnerSource({ bundle, directory }).provide();
  expect(await readdir(join(folder.hostPath, 'lib'))).toContain('libstdc++.so.6');
  expect(await runInEmptyRoot(folder, [])).toMatch(new RegExp(`^${process.version} function 4\\.`));
});

test('the scripted runner of the suite runs from a delivered folder', async () => {
  const folder = await new HostFolderRunnerSource({ bundle: scriptedRunnerBundle, directory }).provide();
  expect(JSON.parse(await runInEmptyRoot(scriptedRunner(folder, 'report'), []))).toHaveProperty('hostname');
  await expect(runInEmptyRoot(scriptedRunner(folder, 'exit:5'), [])).rejects.toMatchObject({ code: 5 });
});

test('flags of Node.js stand before the script, and another script can be named', async () => {
  await writeFile(join(bundle, 'other.mjs'), 'console.log(process.execArgv.join());\n');
  const options = { bundle, directory, entry: 'other.mjs', nodeFlags: ['--stack-size=500'] };
  const folder = await new HostFolderRunnerSource(options).provide();
  expect(folder.command.slice(-2)).toEqual(['--stack-size=500', '/opt/backend.ai/other.mjs']);
  expect(await runInEmptyRoot(folder, [])).toBe('--stack-size=500\n');
});

test('several processes at once deliver one folder, and leave nothing unfinished', async () => {
  const program = join(await temporaryFolder(), 'deliver.mjs');
  await build({
    stdin: {
      contents: `import { HostFolderRunnerSource } from './host-folder-runner-source.js';
        const [bundle, directory] = process.argv.slice(2);
        console.log(JSON.stringify(await new HostFolderRunnerSource({ bundle, directory }).provide()));`,
      resolveDir: import.meta.dirname,
    },
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['@bai/source'],
    logLevel: 'error',
  });
  const run = promisify(execFile);
  const outputs = await Promise.all([1, 2, 3].map(() => run(process.execPath, [program, bundle, directory])));
  const answers = new Set(outputs.map(({ stdout }) => stdout));
  expect(answers.size).toBe(1);
  expect(await readdir(directory)).toHaveLength(2); // the folder and the note on its stamp
});

test('what a dead process left unfinished is removed, what a living one builds is not', async () => {
  const dead = spawnSync('/bin/true').pid;
  const [left, atWork, old] = [`.building-${dead}-a`, `.building-${process.pid}-b`, `.building-${process.pid}-c`];
  for (const name of [left, atWork, old]) {
    await mkdir(join(directory, name, 'lib'), { recursive: true });
  }
  await utimes(join(directory, old), 0, 0); // the number of its process belongs to another one by now
  const logger = new MemoryLogger();
  await new HostFolderRunnerSource({ bundle, directory, logger }).provide();
  const names = await readdir(directory);
  expect(names.filter((name) => name.startsWith('.building-'))).toEqual([atWork]);
  expect(logger.lines.find((line) => line.level === 'warn')?.fields['abandoned']).toEqual([left, old].sort());
});

test('a folder that lost a file is built again', async () => {
  const first = await new HostFolderRunnerSource({ bundle, directory }).provide();
  await rm(join(first.hostPath, 'runner.mjs'));
  const second = await new HostFolderRunnerSource({ bundle, directory }).provide();
  expect(second).toEqual(first);
  expect(await runInEmptyRoot(second, [])).toBe('ran\n');
  expect(await readdir(directory)).toHaveLength(2);
});

test('a folder that vanished while the agent runs is delivered again', async () => {
  const source = new HostFolderRunnerSource({ bundle, directory });
  const first = await source.provide();
  await rm(first.hostPath, { recursive: true });
  expect(await source.provide()).toEqual(first);
  expect(await runInEmptyRoot(first, [])).toBe('ran\n');
});

test('the stamp saves the reading, and a broken note costs no more than that', async () => {
  const first = await new HostFolderRunnerSource({ bundle, directory }).provide();
  const note = join(directory, 'newest.json');
  const { stamp } = JSON.parse(await readFile(note, 'utf8')) as { stamp: string };
  const invented = 'f'.repeat(32);
  await writeFile(note, JSON.stringify({ stamp, name: invented }));
  const trusting = await new HostFolderRunnerSource({ bundle, directory }).provide();
  expect(trusting.hostPath).toBe(join(directory, invented)); // the note was believed: the files were not read
  for (const text of ['', '{"stamp":', '[]', '{"stamp":1}', JSON.stringify({ stamp, name: '../../x' })]) {
    await writeFile(note, text);
    expect(await new HostFolderRunnerSource({ bundle, directory }).provide()).toEqual(first);
  }
});

test('Node.js is linked where it may be, and never when others can write it', async () => {
  const node = join(await temporaryFolder(), 'node');
  await copyFile(process.execPath, node);
  await chmod(node, 0o755);
  const linked = await new HostFolderRunnerSource({ bundle, directory, nodeBinary: node }).provide();
  expect((await stat(join(linked.hostPath, 'bin/node'))).ino).toBe((await stat(node)).ino);
  await chmod(node, 0o777);
  const elsewhere = await temporaryFolder();
  const copied = await new HostFolderRunnerSource({ bundle, directory: elsewhere, nodeBinary: node }).provide();
  const made = await stat(join(copied.hostPath, 'bin/node'));
  expect(made.ino).not.toBe((await stat(node)).ino);
  expect(made.mode & 0o777).toBe(0o555);
});

test.each<[string, () => Promise<ConstructorParameters<typeof HostFolderRunnerSource>[0]>, RegExp]>([
  ['no script', async () => ({ bundle, directory, entry: 'main.mjs' }), /main\.mjs does not exist: build the runner/],
  [
    'no Node.js',
    async () => ({ bundle, directory, nodeBinary: '/nowhere/node' }),
    /Node\.js is not at \/nowhere\/node/,
  ],
  ['no program', async () => ({ bundle, directory, nodeBinary: await textFile() }), /not a 64-bit Linux program/],
  ['a static Node.js', async () => ({ bundle, directory, nodeBinary: await fakeElf(null) }), /linked statically/],
  [
    'musl',
    async () => ({ bundle, directory, nodeBinary: await fakeElf('/lib/ld-musl-x86_64.so.1') }),
    /ld-musl.*not for glibc/,
  ],
  [
    'a damaged program',
    async () => ({ bundle, directory, nodeBinary: await halfNode() }),
    /shared libraries of .* not all here/,
  ],
  ['a reserved name', async () => ({ bundle: await withLib(), directory }), /has a 'lib'/],
  ['a place that is a file', async () => ({ bundle, directory: join(await textFile(), 'x') }), /can't be written/],
])('says what is wrong: %s', async (_, options, message) => {
  const delivery = new HostFolderRunnerSource(await options()).provide();
  await expect(delivery).rejects.toMatchObject({
    code: 'RUNNER_DELIVERY_FAILED',
    message: expect.stringMatching(message),
  });
});

async function textFile(): Promise<string> {
  const path = join(await temporaryFolder(), 'text');
  await writeFile(path, 'no program');
  return path;
}

/** The headers of a 64-bit program that asks for this loader. */
async function fakeElf(interpreter: string | null): Promise<string> {
  const path = join(await temporaryFolder(), 'node');
  const file = Buffer.alloc(512);
  file.write('\x7fELF\x02\x01', 'latin1');
  file.writeUInt16LE(62, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(interpreter === null ? 0 : 1, 56);
  file.writeUInt32LE(3, 64);
  file.writeBigUInt64LE(256n, 64 + 8);
  file.writeBigUInt64LE(BigInt((interpreter ?? '').length + 1), 64 + 32);
  file.write(interpreter ?? '', 256);
  await writeFile(path, file);
  return path;
}

async function halfNode(): Promise<string> {
  const path = join(await temporaryFolder(), 'node');
  await copyFile(process.execPath, path);
  await truncate(path, 4096);
  return path;
}

async function withLib(): Promise<string> {
  await mkdir(join(bundle, 'lib'));
  return bundle;
}
