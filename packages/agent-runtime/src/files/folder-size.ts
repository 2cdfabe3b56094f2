import { lstat, readdir } from 'node:fs/promises';
import { OpenFolder } from './beneath.js';

const MAX_ENTRIES = 10_000;

/** Bytes that the files below a folder occupy on disk, or null when there are too many to count on each request. */
export async function folderSize(root: string): Promise<number | null> {
  const budget = { entries: MAX_ENTRIES };
  await using folder = await OpenFolder.root(root);
  const bytes = await sizeOf(folder, budget);
  return budget.entries < 0 ? null : bytes;
}

async function sizeOf(folder: OpenFolder, budget: { entries: number }): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder.path)) {
    budget.entries -= 1;
    if (budget.entries < 0) break;
    // User code may remove or replace an entry between two of these steps: then it counts as nothing.
    const stats = await lstat(folder.entry(name)).catch(() => undefined);
    bytes += (stats?.blocks ?? 0) * 512;
    if (stats?.isDirectory()) bytes += await innerSize(folder, name, budget);
  }
  return bytes;
}

async function innerSize(folder: OpenFolder, name: string, budget: { entries: number }): Promise<number> {
  const inner = await folder.openFolder(name).catch(() => undefined);
  if (inner === undefined) return 0;
  await using opened = inner;
  return await sizeOf(opened, budget);
}
