import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nullLogger } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInterpreters } from './find-interpreters.js';
import { HostImages } from './host-images.js';
import { canRead, canShow, OWN_PLACES, type Reader } from './visible-folder.js';

const OWN: Reader = { isOther: false, hidden: [], taken: [] };
const OTHER: Reader = { isOther: true, hidden: [], taken: [] };

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'bai-interpreters-')));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A folder with a program that says it is Python and lives at `prefix`. */
function fakePython(name: string, says: (prefix: string) => string): string {
  const prefix = join(folder, name);
  for (const part of ['bin', 'lib']) mkdirSync(join(prefix, part), { recursive: true });
  for (const part of ['', 'bin', 'lib']) chmodSync(join(prefix, part), 0o755);
  writeFileSync(join(prefix, 'bin/python3'), `#!/bin/sh\n${says(prefix)}\n`);
  chmodSync(join(prefix, 'bin/python3'), 0o755);
  return prefix;
}
const honest = (prefix: string): string => `echo '["${prefix}/bin/python3", "3.99.1", "${prefix}", "${prefix}"]'`;

const find = async (path: string, reader = OTHER) => {
  const found = await findInterpreters(path, reader, nullLogger);
  return found.find((interpreter) => interpreter.runtimeType === 'python');
};

describe('findInterpreters', () => {
  it('takes the first that works, with its folder', async () => {
    const good = fakePython('good', honest);
    expect(await find(`${good}/bin`)).toEqual({
      runtimeType: 'python',
      path: `${good}/bin/python3`,
      version: '3.99.1',
      folders: [good],
    });
  });

  it('follows a shim to what it stands for', async () => {
    const good = fakePython('good', honest);
    const shims = fakePython('shims', () => `exec ${good}/bin/python3 "$@"`);
    expect((await find(`${shims}/bin`))?.path).toBe(`${good}/bin/python3`);
  });

  it.each([
    ['fails', () => 'exit 1'],
    ['prints something else', () => 'echo Python 3.9'],
    ['claims the home of the agent', () => `echo '["${process.execPath}", "3.9.0", "${process.env['HOME']}", "/usr"]'`],
    ['lives outside of what it names', () => `echo '["/srv/python3", "3.9.0", "/usr", "/usr"]'`],
    ['claims the whole machine', () => `echo '["/usr/bin/env", "3.9.0", "/", "/"]'`],
  ])('goes on after one that %s', async (_, says) => {
    const bad = fakePython('bad', says);
    const good = fakePython('good', honest);
    expect((await find(`${bad}/bin:${good}/bin`))?.path).toBe(`${good}/bin/python3`);
  });

  it('goes on after one that the user of kernels may not read', async () => {
    const closed = fakePython('closed', honest);
    const good = fakePython('good', honest);
    chmodSync(join(closed, 'lib'), 0o700);
    expect((await find(`${closed}/bin:${good}/bin`))?.path).toBe(`${good}/bin/python3`);
    expect((await find(`${closed}/bin:${good}/bin`, OWN))?.path).toBe(`${closed}/bin/python3`);
  });

  it('finds a shell on every machine', async () => {
    const found = await findInterpreters('/nowhere', OWN, nullLogger);
    expect(found.find((interpreter) => interpreter.runtimeType === 'shell')?.folders).toEqual([]);
  });
});

describe('canShow', () => {
  it('refuses homes, the agent’s state, what is too wide, and what a kernel has itself', () => {
    const place = join(folder, 'opt');
    mkdirSync(join(place, 'state'), { recursive: true });
    expect(canShow(place, OWN)).toBe(true);
    expect(canShow(place, { ...OWN, hidden: [join(place, 'state')] })).toBe(false);
    const real = { ...OWN, taken: OWN_PLACES };
    for (const wide of ['/', '/opt', '/home', '/tmp/venv', '/var', '/proc/self', '/home/work/venv']) {
      expect(canShow(wide, real)).toBe(false);
    }
  });

  it('asks the mode for others only where kernels are others', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '', { mode: 0o600 });
    expect(canRead(file, OWN)).toBe(true);
    expect(canRead(file, OTHER)).toBe(false);
    expect(canRead(join(folder, 'none'), OWN)).toBe(false);
  });
});

describe('HostImages', () => {
  it('names what is there when asked for something else', async () => {
    const good = fakePython('good', honest);
    const images = new HostImages(`${good}/bin`, OWN, nullLogger);
    const python = (await images.list()).find((image) => image.canonical === 'host/python');
    expect(python).toMatchObject({
      labels: {
        'ai.backend.runtime-type': 'python',
        'ai.backend.runtime-path': `${good}/bin/python3`,
        'ai.backend.kernelspec': '1',
      },
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect((await images.find('host/python')).folders).toEqual([good]);
    await expect(images.find('python:3.12')).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.stringContaining('host/python'),
    });
  });
});
