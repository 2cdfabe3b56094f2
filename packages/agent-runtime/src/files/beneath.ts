import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { AgentError } from '@bai/agent-api';
import { errorCode } from '@bai/core';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Splits a path that a client gave into names below the kernel's home. Absolute paths must lie below /home/work.
 * @throws {AgentError} `PATH_NOT_ALLOWED`
 */
export function pathNames(path: string): string[] {
  const relative = path === '/home/work' || path.startsWith('/home/work/') ? path.slice('/home/work'.length + 1) : path;
  const names = relative.split('/').filter((name) => name !== '' && name !== '.');
  if (relative.startsWith('/') || names.includes('..') || path.includes('\0')) {
    throw new AgentError('PATH_NOT_ALLOWED', `path: ${JSON.stringify(path.slice(0, 200))} is outside of /home/work`);
  }
  return names;
}

/** An open folder; what lies in it is reached through {@link entry} without ever following a link that user code made. */
export class OpenFolder implements AsyncDisposable {
  readonly handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.handle = handle;
  }

  /** Opens the trusted root itself. */
  static async root(path: string): Promise<OpenFolder> {
    return new OpenFolder(await open(path, constants.O_RDONLY | constants.O_DIRECTORY));
  }

  /**
   * Walks down from a trusted root. Each name must be a real folder: a link anywhere on the way is refused, since user code can point
   * it at any file of the host.
   * @throws {AgentError} `FILE_NOT_FOUND`, `PATH_NOT_ALLOWED`
   */
  static async walk(root: string, names: readonly string[], options?: { readonly create: Owner }): Promise<OpenFolder> {
    let folder = await OpenFolder.root(root);
    for (const name of names) {
      await using parent = folder;
      if (options !== undefined) await makeFolder(parent, name, options.create);
      folder = await parent.openFolder(name);
    }
    return folder;
  }

  async openFolder(name: string): Promise<OpenFolder> {
    try {
      return new OpenFolder(await open(this.entry(name), FOLDER));
    } catch (cause) {
      throw pathError(name, cause);
    }
  }

  /** A path of an entry that stays in this very folder, whatever happens to its name meanwhile. */
  entry(name: string): string {
    return `/proc/self/fd/${this.handle.fd}/${name}`;
  }

  get path(): string {
    return `/proc/self/fd/${this.handle.fd}/.`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

async function makeFolder(parent: OpenFolder, name: string, owner: Owner): Promise<void> {
  try {
    await mkdir(parent.entry(name), { mode: 0o755 });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    throw pathError(name, error);
  }
  await using made = await parent.openFolder(name);
  await giveTo(made.handle, owner);
}

/** Hands a file that the agent made to the kernel's user; an agent without that right owns what its kernels own. */
export async function giveTo(handle: FileHandle, owner: Owner): Promise<void> {
  if (process.getuid?.() === 0) await handle.chown(owner.uid, owner.gid);
}

/** One error of the domain for what the file system says of an untrusted path. */
export function pathError(name: string, cause: unknown): AgentError {
  const shown = JSON.stringify(name.slice(0, 200));
  switch (errorCode(cause)) {
    case 'ENOENT':
      return new AgentError('FILE_NOT_FOUND', `path: no such file or folder: ${shown}`, { cause });
    case 'ELOOP':
    case 'ENOTDIR':
      return new AgentError('PATH_NOT_ALLOWED', `path: ${shown} is a link or no folder: links aren't followed here`, {
        cause,
      });
    default:
      return new AgentError('PATH_NOT_ALLOWED', `path: ${shown} can't be used`, { cause });
  }
}
