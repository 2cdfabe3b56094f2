import { lchown, lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives a folder with everything in it to a user. Links are changed themselves, not followed, and other file systems in it are
 * left alone: user code may have made anything here. What belongs to the user already is not touched.
 */
export async function giveTree(folder: string, uid: number, gid: number): Promise<void> {
  const { dev } = await lstat(folder);
  await give(folder, uid, gid, dev);
}

async function give(path: string, uid: number, gid: number, dev: number): Promise<void> {
  const info = await lstat(path);
  if (info.dev !== dev) return;
  if (info.uid !== uid || info.gid !== gid) await lchown(path, uid, gid);
  if (!info.isDirectory()) return;
  for await (const entry of await opendir(path)) await give(join(path, entry.name), uid, gid, dev);
}
