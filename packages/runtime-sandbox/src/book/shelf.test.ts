import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKernelId } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { giveTree } from './give-tree.js';
import { readTail } from './read-tail.js';
import { Shelf } from './shelf.js';
import { UserPool } from './user-pool.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bai-sandbox-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('Shelf', () => {
  it('shows a book once it is whole, and no second one of a kernel', () => {
    const shelf = new Shelf(folder);
    const kernelId = newKernelId();
    shelf.add(kernelId, (draft) => {
      writeFileSync(join(draft.folder, 'x'), '');
      expect(shelf.books()).toEqual([]);
    });
    expect(shelf.books().map((book) => book.kernelId)).toEqual([kernelId]);
    expect(() => shelf.add(kernelId, () => {})).toThrowError(expect.objectContaining({ code: 'CONTAINER_EXISTS' }));
  });

  it('leaves nothing of a book that could not be filled, and passes the reason on', () => {
    const shelf = new Shelf(folder);
    const failure = new Error('no space');
    expect(() =>
      shelf.add(newKernelId(), () => {
        throw failure;
      }),
    ).toThrow(failure);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('removes, also twice, and sweeps what is half done', () => {
    const shelf = new Shelf(folder);
    const kernelId = newKernelId();
    shelf.add(kernelId, (draft) => writeFileSync(join(draft.folder, 'x'), ''));
    shelf.remove(kernelId);
    shelf.remove(kernelId);
    expect(shelf.book(kernelId).read()).toBeUndefined();
    for (const name of ['.new-a', '.old-b', 'notes']) mkdirSync(join(folder, name));
    shelf.sweep();
    expect(readdirSync(folder)).toEqual(['notes']);
    expect(shelf.books()).toEqual([]);
  });
});

describe('UserPool', () => {
  it('gives each kernel another user until none is left', () => {
    const pool = new UserPool(folder, { first: 300_000, count: 3 });
    const kernels = [newKernelId(), newKernelId(), newKernelId()] as const;
    const users = kernels.map((kernelId) => pool.take(kernelId));
    expect([...users].sort()).toEqual([300_000, 300_001, 300_002]);
    expect(() => pool.take(newKernelId())).toThrowError(expect.objectContaining({ code: 'CONTAINER_CREATE_FAILED' }));
    const [first = 0] = users;
    pool.giveBack(first, kernels[1]); // somebody else's
    expect(() => pool.take(newKernelId())).toThrow();
    pool.giveBack(first, kernels[0]);
    pool.giveBack(first, kernels[0]);
    expect(pool.take(newKernelId())).toBe(first);
  });

  it('shares the range with other objects over the same place', () => {
    const [one, other] = [1, 2].map(() => new UserPool(folder, { first: 1, count: 2 })) as [UserPool, UserPool];
    expect(one.take(newKernelId())).not.toBe(other.take(newKernelId()));
  });

  it('takes back what was reserved long ago for kernels that are not there', () => {
    const pool = new UserPool(folder, { first: 10, count: 3 });
    const [kept, lost] = [newKernelId(), newKernelId()];
    const users = [pool.take(kept), pool.take(lost)];
    for (const uid of users) utimesSync(join(folder, String(uid)), 0, 0);
    const recent = pool.take(newKernelId());
    pool.sweep(new Set([kept]));
    expect(readdirSync(folder).map(Number).sort()).toEqual([users[0], recent].sort());
  });
});

describe('giveTree', () => {
  it('gives files and links, but not what a link leads to', async (context) => {
    if (process.geteuid?.() !== 0) return context.skip('only root can give files away');
    mkdirSync(join(folder, 'work/a'), { recursive: true });
    writeFileSync(join(folder, 'work/a/file'), '');
    writeFileSync(join(folder, 'outside'), '');
    symlinkSync(join(folder, 'outside'), join(folder, 'work/link'));
    await giveTree(join(folder, 'work'), 1234, 1235);
    for (const name of ['work', 'work/a', 'work/a/file', 'work/link']) {
      expect(await lstat(join(folder, name))).toMatchObject({ uid: 1234, gid: 1235 });
    }
    expect((await stat(join(folder, 'outside'))).uid).toBe(0);
  });
});

it('reads the end of a log, and nothing of none', async () => {
  const path = join(folder, 'log');
  expect(await readTail(path, 10)).toHaveLength(0);
  writeFileSync(path, '0123456789');
  expect(Buffer.from(await readTail(path, 4)).toString()).toBe('6789');
  expect(await readTail(path, 0)).toHaveLength(0);
  expect(await readTail(path, 100)).toHaveLength(10);
  expect(existsSync(path)).toBe(true);
});
