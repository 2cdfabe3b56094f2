import { access, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { DisposalStack } from '@bai/core';
import { describe, expect, it } from 'vitest';
import type { RunnerFolder, RunnerSource } from '../port.js';

/** One place that runners are delivered to, made for one test. */
export interface RunnerSourceHarness extends AsyncDisposable {
  /** A source of the suite's bundle over the place; called again for a second one, as another process has. */
  open(): RunnerSource;
  /** A source whose bundle folder doesn't exist. */
  openBroken(): RunnerSource;
  /** Runs the folder's command with more arguments in a container that has nothing else, and answers with its output. */
  run(folder: RunnerFolder, args: readonly string[]): Promise<string>;
}

/** Makes a harness for a bundle folder with the script `runner.mjs`. */
export type RunnerSourceSetup = (bundle: string) => Promise<RunnerSourceHarness>;

const SCRIPT = `import { driver } from './drivers/driver.mjs';
console.log(JSON.stringify({ version: process.version, args: process.argv.slice(2), driver }));
`;

/** The contract of `RunnerSource`: what every way of delivery must do. */
export function describeRunnerSource(name: string, setup: RunnerSourceSetup): void {
  const test = (title: string, body: (harness: RunnerSourceHarness, bundle: string) => Promise<void>) =>
    it(title, async () => {
      await using stack = new DisposalStack();
      const bundle = await makeBundle(stack);
      await body(stack.use(await setup(bundle), 'harness'), bundle);
    });

  describe(`runner source ${name}`, () => {
    test('delivers a folder whose command stands below the mount point', async (harness) => {
      const folder = await harness.open().provide();
      expect(isAbsolute(folder.hostPath) && isAbsolute(folder.mountPoint)).toBe(true);
      expect(folder.command.at(-1)).toBe(`${folder.mountPoint}/runner.mjs`);
      for (const path of pathsIn(folder)) await access(path);
    });

    test('delivers what runs where nothing else is', async (harness) => {
      const folder = await harness.open().provide();
      const output: unknown = JSON.parse(await harness.run(folder, ['--listen=unix:/x', 'python']));
      expect(output).toEqual({ version: process.version, args: ['--listen=unix:/x', 'python'], driver: 'here' });
    });

    test('delivers files that nobody can change', async (harness) => {
      const folder = await harness.open().provide();
      for (const path of pathsIn(folder)) expect((await stat(path)).mode & 0o022, path).toBe(0);
      expect((await stat(join(folder.hostPath, 'runner.mjs'))).mode & 0o777).toBe(0o444);
    });

    test('answers the same again, from another object, and at once from several', async (harness) => {
      const source = harness.open();
      const sources = [source, source, harness.open(), harness.open()];
      const folders = await Promise.all(sources.map((each) => each.provide()));
      for (const folder of [...folders, await harness.open().provide()]) expect(folder).toEqual(folders[0]);
    });

    test('delivers a changed bundle to another folder and leaves the first one', async (harness, bundle) => {
      const first = await harness.open().provide();
      await writeFile(join(bundle, 'drivers', 'driver.mjs'), "export const driver = 'changed';\n");
      const second = await harness.open().provide();
      expect(second.hostPath).not.toBe(first.hostPath);
      expect(JSON.parse(await harness.run(first, []))).toMatchObject({ driver: 'here' });
      expect(JSON.parse(await harness.run(second, []))).toMatchObject({ driver: 'changed' });
    });

    test('ends the wait with an aborted signal, and delivers to the next caller', async (harness) => {
      const source = harness.open();
      const reason = new Error('enough');
      await expect(source.provide({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const controller = new AbortController();
      const waiting = expect(source.provide({ signal: controller.signal })).rejects.toBe(reason);
      const patient = source.provide();
      controller.abort(reason);
      await waiting;
      expect(await source.provide()).toEqual(await patient);
    });

    test('says that it has nothing to deliver', async (harness) => {
      await expect(harness.openBroken().provide()).rejects.toMatchObject({ code: 'RUNNER_DELIVERY_FAILED' });
    });
  });
}

function pathsIn({ command, hostPath, mountPoint }: RunnerFolder): string[] {
  const below = command.filter((word) => word.startsWith(`${mountPoint}/`));
  return below.map((path) => join(hostPath, relative(mountPoint, path)));
}

async function makeBundle(stack: DisposalStack): Promise<string> {
  const bundle = await mkdtemp(join(tmpdir(), 'bai-bundle-'));
  stack.defer('bundle', () => rm(bundle, { recursive: true, force: true }));
  await mkdir(join(bundle, 'drivers'));
  await writeFile(join(bundle, 'runner.mjs'), SCRIPT);
  await writeFile(join(bundle, 'drivers', 'driver.mjs'), "export const driver = 'here';\n");
  return bundle;
}
