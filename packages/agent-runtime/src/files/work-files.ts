import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, readlink, rename, unlink } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { AgentError, type FileEntry, type FileListing } from '@bai/agent-api';
import { describeError } from '@bai/core';
import { pack } from 'tar-stream';
import { giveTo, OpenFolder, pathError, pathNames } from './beneath.js';
import { formatMode } from './file-mode.js';

/** Largest archive that managers accept. @see spec/02 §7.10 */
const MAX_ARCHIVE_BYTES = 1024 * 1024;
const MAX_LISTED = 100_000;

/**
 * The files of one kernel, seen from the host. User code owns the folder and may change it at any moment, so that every path is
 * walked name by name without following links.
 */
export class WorkFiles {
  readonly #root: string;

  /** @param root the kernel's work folder on the host. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Writes a file as a whole, with its folders. @throws {AgentError} `PATH_NOT_ALLOWED` */
  async write(path: string, data: Uint8Array): Promise<void> {
    const names = pathNames(path);
    const name = names.pop();
    if (name === undefined) throw new AgentError('PATH_NOT_ALLOWED', 'path: names the folder itself, not a file in it');
    const owner = await lstat(this.#root);
    await using folder = await OpenFolder.walk(this.#root, names, { create: owner });
    const temporary = folder.entry(`.upload-${randomBytes(6).toString('hex')}`);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = await open(temporary, flags, 0o644);
    try {
      await file.writeFile(data);
      await giveTo(file, owner);
      await rename(temporary, folder.entry(name));
    } catch (cause) {
      await unlink(temporary);
      throw pathError(name, cause);
    } finally {
      await file.close();
    }
  }

  /** @see spec/02 §7.12: what can't be listed is told in `errors`, a path outside is an error. */
  async list(path: string): Promise<FileListing> {
    const names = pathNames(path);
    try {
      await using folder = await OpenFolder.walk(this.#root, names);
      const files: FileEntry[] = [];
      for (const name of (await readdir(folder.path)).sort().slice(0, MAX_LISTED)) {
        files.push(toEntry(name, await lstat(folder.entry(name))));
      }
      return { files, errors: '', path };
    } catch (error) {
      return { files: [], errors: describeError(error), path };
    }
  }

  /** An uncompressed tar archive. @throws {AgentError} `FILE_NOT_FOUND`, `FILE_TOO_LARGE`, `PATH_NOT_ALLOWED` */
  async archive(path: string): Promise<Uint8Array> {
    const names = pathNames(path);
    const name = names.pop();
    await using folder = await OpenFolder.walk(this.#root, names);
    const tar = pack();
    const budget = { left: MAX_ARCHIVE_BYTES, path };
    if (name === undefined) await addFolder(tar, folder, 'work', budget);
    else await addEntry(tar, folder, name, name, budget);
    tar.finalize();
    const archive = await buffer(tar);
    if (archive.length > MAX_ARCHIVE_BYTES) throw tooLarge(path);
    return archive;
  }
}

type Pack = ReturnType<typeof pack>;
interface Budget {
  left: number;
  readonly path: string;
}

async function addEntry(tar: Pack, folder: OpenFolder, name: string, as: string, budget: Budget): Promise<void> {
  const stats = await lstat(folder.entry(name)).catch((cause: unknown) => {
    throw pathError(name, cause);
  });
  const header = { name: as, mode: stats.mode & 0o7777, mtime: stats.mtime, uid: stats.uid, gid: stats.gid };
  if (stats.isDirectory()) {
    await using inner = await folder.openFolder(name);
    await addFolder(tar, inner, as, budget);
  } else if (stats.isSymbolicLink()) {
    tar.entry({ ...header, type: 'symlink', linkname: await readlink(folder.entry(name)) });
  } else if (stats.isFile()) {
    tar.entry(header, await readWithin(folder, name, budget));
  }
}

async function addFolder(tar: Pack, folder: OpenFolder, as: string, budget: Budget): Promise<void> {
  const stats = await folder.handle.stat();
  tar.entry({ name: `${as}/`, type: 'directory', mode: stats.mode & 0o7777, mtime: stats.mtime });
  for (const name of (await readdir(folder.path)).sort()) {
    budget.left -= 512; // each entry costs a header, so that a folder of a million empty files ends too
    if (budget.left < 0) throw tooLarge(budget.path);
    await addEntry(tar, folder, name, `${as}/${name}`, budget);
  }
}

async function readWithin(folder: OpenFolder, name: string, budget: Budget): Promise<Buffer> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(folder.entry(name), flags).catch((cause: unknown) => {
    throw pathError(name, cause);
  });
  try {
    const { size } = await file.stat();
    if (size > budget.left) throw tooLarge(budget.path);
    const data = Buffer.alloc(size);
    const { bytesRead } = await file.read(data, 0, size, 0);
    budget.left -= bytesRead;
    return data.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function tooLarge(path: string): AgentError {
  return new AgentError(
    'FILE_TOO_LARGE',
    `path: ${JSON.stringify(path.slice(0, 200))} makes an archive of more than ${MAX_ARCHIVE_BYTES} bytes: fetch smaller parts`,
  );
}

function toEntry(filename: string, stats: Stats): FileEntry {
  return {
    filename,
    mode: formatMode(stats.mode),
    size: stats.size,
    ctime: stats.ctimeMs / 1000,
    mtime: stats.mtimeMs / 1000,
    atime: stats.atimeMs / 1000,
  };
}
