import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { deliveryFailed } from './delivery-error.js';

const LIST_TIMEOUT_MS = 20_000;
/** The C library opens these by name when a host name is looked up: another version of them, out of an image, would crash it. */
const OPENED_BY_NAME = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'];

/**
 * The shared libraries that the binaries need, by the name under which the loader asks for them. The loader itself finds them, so that
 * the answer is what a start on this host would use.
 *
 * @throws `RUNNER_DELIVERY_FAILED` for a library that isn't here, or not in the version that a binary needs
 */
export async function findLibraries(loader: string, binaries: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const binary of binaries) {
    for (const [name, path] of parseLoaderList(binary, loader, await list(loader, binary))) {
      if (!found.has(name)) found.set(name, path);
    }
  }
  const libc = found.get('libc.so.6');
  for (const name of libc === undefined ? [] : OPENED_BY_NAME) {
    const path = join(dirname(libc ?? ''), name);
    if (!found.has(name) && (await exists(path))) found.set(name, path);
  }
  return found;
}

async function list(loader: string, binary: string): Promise<string> {
  const { LD_LIBRARY_PATH } = process.env;
  try {
    const { stdout, stderr } = await promisify(execFile)(loader, ['--list', binary], {
      env: LD_LIBRARY_PATH === undefined ? {} : { LD_LIBRARY_PATH },
      timeout: LIST_TIMEOUT_MS,
    });
    if (stderr.trim() !== '') throw new Error(stderr.trim()); // "version `GLIBC_2.38' not found", with status 0
    return stdout;
  } catch (error) {
    throw deliveryFailed(`the shared libraries of ${binary} are not all here`, error);
  }
}

/** Reads what `ld.so --list` prints: one library per line, `name => path (address)`; the loader and the vDSO stand alone. */
export function parseLoaderList(binary: string, loader: string, text: string): readonly (readonly [string, string])[] {
  const libraries: (readonly [string, string])[] = [];
  for (const line of text.split('\n')) {
    const [, name, path] = /^\s+(\S.*?) => (.+?)(?: \(0x[0-9a-f]+\))?$/.exec(line) ?? [];
    const alone = /^\s+(\/.+?) \(0x[0-9a-f]+\)$/.exec(line)?.[1];
    if (path === 'not found') throw deliveryFailed(`${binary} needs the shared library ${name}, which is not here`);
    if (alone !== undefined && basename(alone) !== basename(loader)) {
      throw deliveryFailed(`${binary} asks for ${alone} by its full path, so it can't run anywhere else`);
    }
    if (name !== undefined && path !== undefined && basename(name) !== basename(loader)) libraries.push([name, path]);
  }
  return libraries;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
