import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKernelId } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkEnviron, ScratchFolders } from './scratch.js';
import { exampleRecord } from './testing/example-record.js';

let place: string;
let folders: ScratchFolders;
const open = () => ScratchFolders.open(join(place, 'scratches'), place);
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'scratch-'));
  folders = await open();
});
afterEach(() => rm(place, { recursive: true, force: true }));

const files = { environ: { A: 'b=c', KERNEL: '월드' }, resourceText: 'SLOTS={}\n' };

describe('ScratchFolders', () => {
  it('makes what the runner and the programs read', async () => {
    const { spec } = exampleRecord();
    const bootstrapScript = 'echo hi\n';
    const scratch = await folders.create({ ...spec, bootstrapScript }, files);
    expect(await readFile(join(scratch.config, 'environ.txt'), 'utf8')).toBe('A=b=c\nKERNEL=월드\n');
    expect(await readFile(join(scratch.config, 'resource.txt'), 'utf8')).toBe('SLOTS={}\n');
    expect(await readFile(join(scratch.work, 'bootstrap.sh'), 'utf8')).toBe(bootstrapScript);
    expect(await readFile(join(scratch.work, '.vimrc'), 'utf8')).toBe('set number\n');
    expect((await stat(join(scratch.work, '.ssh'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(scratch.work, '.ssh/id_rsa'))).mode & 0o777).toBe(0o600);
  });

  it('refuses a dotfile outside of the home, and leaves the host alone', async () => {
    const { spec } = exampleRecord();
    for (const path of ['/etc/cron.d/x', '../../x', '/home/other/x']) {
      const bad = { ...spec, kernelId: newKernelId(), dotfiles: [{ path, data: 'x', mode: '644' }] };
      await expect(folders.create(bad, files)).rejects.toMatchObject({ code: 'PATH_NOT_ALLOWED' });
    }
    expect((await readdir(place)).sort()).toEqual(['instance', 'scratches']);
  });

  it('lists and removes its own folders only, over restarts', async () => {
    const { spec } = exampleRecord();
    await folders.create(spec, files);
    const foreign = newKernelId();
    await mkdir(join(place, 'scratches', foreign, 'work'), { recursive: true });
    await writeFile(join(place, 'scratches', 'notes.txt'), 'keep');
    const again = await open();
    expect(await again.list()).toEqual([spec.kernelId]);
    await again.remove(foreign);
    await again.remove(spec.kernelId);
    await again.remove(spec.kernelId);
    expect((await readdir(join(place, 'scratches'))).sort()).toEqual([foreign, 'notes.txt'].sort());
  });
});

describe('checkEnviron', () => {
  it.each([
    ['a line break in a value', { A: 'x\ny' }],
    ['a separator of lines that Python knows', { A: 'x\u2028y' }],
    ['NUL', { A: 'x\0' }],
    ['an empty name', { '': 'x' }],
    ["a name with '='", { 'A=B': 'x' }],
  ])('refuses %s', (_, environ) => {
    expect(() => checkEnviron(environ)).toThrow(/environ\./);
  });
});
