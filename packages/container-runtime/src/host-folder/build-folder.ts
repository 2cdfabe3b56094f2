import { chmod, constants, copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '@bai/core';
import { temporaryPath } from './abandoned.js';
import type { RunnerPart } from './runner-parts.js';

/**
 * Puts the files into `directory/name`, all or nothing: they are gathered in a folder beside it, written through to the disk, and
 * renamed. Whoever comes second finds the first one's folder.
 */
export async function buildFolder(directory: string, name: string, parts: readonly RunnerPart[]): Promise<string> {
  const target = join(directory, name);
  if (await isComplete(target, parts)) return target;
  const building = temporaryPath(directory);
  try {
    await fill(building, parts);
    await install(building, target, parts);
    await syncFolder(directory);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return target;
}

/** Whether every file is there with its size. The contents can't differ otherwise: the folder got its name when it was whole. */
async function isComplete(folder: string, parts: readonly RunnerPart[]): Promise<boolean> {
  for (const part of parts) {
    const [made, source] = await Promise.all([sizeOf(join(folder, part.path)), sizeOf(part.source)]);
    if (made === undefined || made !== source) return false;
  }
  return true;
}

async function fill(folder: string, parts: readonly RunnerPart[]): Promise<void> {
  const folders = new Set([folder, ...parts.flatMap((part) => foldersOf(folder, part.path))]);
  for (const path of folders) {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o755); // whatever the umask: the kernel's user must be able to look inside
  }
  for (const part of parts) {
    await put(part, join(folder, part.path));
  }
  for (const path of folders) await syncFolder(path);
}

function foldersOf(folder: string, path: string): string[] {
  const folders: string[] = [];
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) folders.unshift(join(folder, parent));
  return folders;
}

async function put(part: RunnerPart, target: string): Promise<void> {
  if (part.linkable && (await tryLink(part.source, target))) return;
  await copyFile(part.source, target, constants.COPYFILE_FICLONE);
  await chmod(target, part.executable ? 0o555 : 0o444);
  await using file = await open(target);
  await file.sync();
}

/** A hard link shares the mode: only a file that others can run, and not change, will do. */
async function tryLink(source: string, target: string): Promise<boolean> {
  const { mode } = await stat(source);
  if ((mode & 0o022) !== 0 || (mode & 0o005) !== 0o005) return false;
  try {
    await link(source, target);
    return true;
  } catch {
    return false; // another file system, or a system that lets only owners link: a copy does as well
  }
}

async function install(building: string, target: string, parts: readonly RunnerPart[]): Promise<void> {
  if (await tryRename(building, target)) return;
  if (await isComplete(target, parts)) return; // another process was first with the same contents
  const damaged = temporaryPath(dirname(target));
  await rename(target, damaged);
  await rename(building, target);
  await rm(damaged, { recursive: true, force: true });
}

async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
    return false;
  }
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}
