import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { errorCode } from '@bai/core';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathNames } from './beneath.js';
import { folderSize } from './folder-size.js';
import { WorkFiles } from './work-files.js';

let place: string;
let work: string;
let files: WorkFiles;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'work-files-'));
  work = join(place, 'work');
  await mkdir(work);
  await writeFile(join(place, 'secret'), 'the agent keeps this');
  files = new WorkFiles(work);
});
afterEach(() => rm(place, { recursive: true, force: true }));

async function entriesOf(archive: Uint8Array): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const reader = extract();
  reader.end(archive);
  for await (const entry of reader) {
    const content = await text(entry);
    found[entry.header.name] = entry.header.type === 'file' ? content : (entry.header.type ?? '');
  }
  return found;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => errorCode(error),
  );

describe('WorkFiles', () => {
  it('writes a file with its folders, replaces it as a whole, and leaves no temporary file', async () => {
    await files.write('a/b/hello.txt', Buffer.from('first, longer'));
    await files.write('/home/work/a/b/hello.txt', Buffer.from('second'));
    expect(await readFile(join(work, 'a/b/hello.txt'), 'utf8')).toBe('second');
    expect(await readdir(join(work, 'a/b'))).toEqual(['hello.txt']);
  });

  const outside = [
    '../secret',
    'a/../../secret',
    '/etc/passwd',
    '/home/workshop/x',
    '/home/work/../x',
    'a\0b',
    '',
    '.',
    '/home/work',
  ];
  it.each(outside)('refuses to write to %j', async (path) => {
    expect(await codeOf(files.write(path, Buffer.from('x')))).toBe('PATH_NOT_ALLOWED');
    expect(await readFile(join(place, 'secret'), 'utf8')).toBe('the agent keeps this');
  });

  it('follows no link that user code made, as a folder, as a file, or on the way', async () => {
    await symlink(place, join(work, 'folder'));
    await symlink(join(place, 'secret'), join(work, 'file'));
    expect(await codeOf(files.write('folder/secret', Buffer.from('x')))).toBe('PATH_NOT_ALLOWED');
    await files.write('file', Buffer.from('mine'));
    expect(await readFile(join(place, 'secret'), 'utf8')).toBe('the agent keeps this');
    expect(await codeOf(files.archive('folder/secret'))).toBe('PATH_NOT_ALLOWED');
    expect((await files.list('folder')).errors).toContain('folder');
    await symlink(join(place, 'secret'), join(work, 'again'));
    expect(await entriesOf(await files.archive('again'))).toEqual({ again: 'symlink' });
  });

  it('lists one folder as clients read it', async () => {
    await files.write('main.py', Buffer.from('print(1)\n'));
    await mkdir(join(work, 'data'));
    const listing = await files.list('.');
    expect(listing).toMatchObject({ errors: '', path: '.' });
    expect(listing.files.map((file) => file.filename)).toEqual(['data', 'main.py']);
    expect(listing.files[1]).toMatchObject({ mode: '-rw-r--r--', size: 9 });
    expect(listing.files[0]?.mode).toMatch(/^d/);
  });

  it('tells a missing folder in the listing and a path outside as an error', async () => {
    expect(await files.list('missing')).toMatchObject({ files: [], errors: expect.stringContaining('missing') });
    expect(await codeOf(files.list('../'))).toBe('PATH_NOT_ALLOWED');
  });

  it('archives a file and a folder', async () => {
    await files.write('d/one', Buffer.from('1'));
    await files.write('d/e/two', Buffer.from('22'));
    expect(await entriesOf(await files.archive('d/one'))).toEqual({ one: '1' });
    expect(await entriesOf(await files.archive('d'))).toEqual({
      'd/': 'directory',
      'd/e/': 'directory',
      'd/e/two': '22',
      'd/one': '1',
    });
    expect(await codeOf(files.archive('nothing'))).toBe('FILE_NOT_FOUND');
  });

  it('refuses more than 1 MiB, in one file or in many', async () => {
    await files.write('big', Buffer.alloc(1024 * 1024 + 1));
    expect(await codeOf(files.archive('big'))).toBe('FILE_TOO_LARGE');
    for (let index = 0; index < 5; index += 1) await files.write(`many/${index}`, Buffer.alloc(250_000));
    expect(await codeOf(files.archive('many'))).toBe('FILE_TOO_LARGE');
  });

  it('counts what a folder occupies', async () => {
    await files.write('a/b', Buffer.alloc(100_000, 1));
    expect(await folderSize(work)).toBeGreaterThanOrEqual(100_000);
  });
});

describe('pathNames', () => {
  it('never yields a name that leaves the folder', () => {
    const piece = fc.constantFrom('..', '.', '', 'a', '/', 'home', 'work', '\0', '...', '~');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        try {
          for (const name of pathNames(pieces.join('/'))) expect(name).not.toMatch(/^\.{0,2}$|\/|\0/);
        } catch (error) {
          expect(errorCode(error)).toBe('PATH_NOT_ALLOWED');
        }
      }),
    );
  });
});
