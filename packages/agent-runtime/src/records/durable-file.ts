import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file as a whole: whoever reads it, at whatever moment and after whatever crash, sees the old or the new text.
 * With `durable` the new text is on the disk when the promise resolves; without, it may be the old one after a power cut.
 */
export async function replaceFile(path: string, text: string, options: { readonly durable: boolean }): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await using file = disposable(await open(temporary, 'wx', 0o600));
    await file.handle.writeFile(text);
    if (options.durable) await file.handle.sync();
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  if (options.durable) await syncFolder(dirname(path));
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = disposable(await open(path, 'r'));
  await folder.handle.sync();
}

function disposable(handle: FileHandle): { handle: FileHandle } & AsyncDisposable {
  return { handle, [Symbol.asyncDispose]: () => handle.close() };
}
