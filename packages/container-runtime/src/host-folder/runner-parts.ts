import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { BaiError } from '@bai/core';
import { deliveryFailed } from './delivery-error.js';
import { type ElfFacts, readElf } from './elf.js';
import { findLibraries } from './shared-libraries.js';

/** One file of the delivered folder. */
export interface RunnerPart {
  /** Where it goes, relative to the folder. */
  readonly path: string;
  readonly source: string;
  readonly executable: boolean;
  /** Large and immutable on this host: may be a hard link instead of a copy. */
  readonly linkable: boolean;
}

export interface RunnerParts {
  readonly parts: readonly RunnerPart[];
  /** File name of the dynamic loader in `lib`. */
  readonly loader: string;
}

/** Folders of the delivered folder that are not the bundle's. */
const RESERVED = ['bin', 'lib'];

/**
 * Finds all that a runner needs in an image that may have nothing: the bundle, Node.js, the libraries of both and the loader.
 *
 * @throws `RUNNER_DELIVERY_FAILED`
 */
export async function findParts(bundle: string, entry: string, nodeBinary: string): Promise<RunnerParts> {
  const node = await realFile(nodeBinary, 'Node.js');
  const elf = await readElf(node);
  const loader = loaderOf(node, elf);
  const bundled = await listBundle(bundle);
  if (!bundled.some((part) => part.path === entry)) {
    throw deliveryFailed(`${join(bundle, entry)} does not exist: build the runner first, or name its script`);
  }
  const addons = await nativeAddons(bundled, elf);
  const libraries = await findLibraries(loader, [node, ...addons]);
  return {
    loader: basename(loader),
    parts: [
      ...bundled,
      { path: 'bin/node', source: node, executable: true, linkable: true },
      {
        path: `lib/${basename(loader)}`,
        source: await realFile(loader, 'the loader'),
        executable: true,
        linkable: false,
      },
      ...[...libraries].map(([name, source]) => ({ path: `lib/${name}`, source, executable: false, linkable: false })),
    ],
  };
}

/** Only glibc's loader is known to take `--library-path` and `--list` as they're used here. */
function loaderOf(node: string, elf: ElfFacts | undefined): string {
  const want = 'install a Node.js built for glibc (the official Linux binaries are) and start the agent with it';
  if (elf === undefined) throw deliveryFailed(`${node} is not a 64-bit Linux program: ${want}`);
  if (elf.interpreter === null)
    throw deliveryFailed(`${node} is linked statically and can't load the runner's addon: ${want}`);
  if (!basename(elf.interpreter).startsWith('ld-linux')) {
    throw deliveryFailed(`${node} is built for the loader ${elf.interpreter}, not for glibc: ${want}`);
  }
  return elf.interpreter;
}

async function listBundle(bundle: string): Promise<RunnerPart[]> {
  const parts: RunnerPart[] = [];
  try {
    for (const entry of await readdir(bundle, { recursive: true, withFileTypes: true })) {
      const source = join(entry.parentPath, entry.name);
      const path = relative(bundle, source);
      const status = await stat(source); // follows links, so that the delivered folder holds none
      if (RESERVED.includes(path))
        throw deliveryFailed(`the bundle ${bundle} has a '${path}', a name that the runner's folder needs`);
      if (status.isDirectory() && !entry.isSymbolicLink()) continue;
      if (!status.isFile()) throw deliveryFailed(`${source} is neither a file nor a folder`);
      parts.push({ path, source, executable: (status.mode & 0o111) !== 0, linkable: false });
    }
  } catch (error) {
    if (error instanceof BaiError) throw error;
    throw deliveryFailed(`its bundle ${bundle} can't be read`, error);
  }
  return parts.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Addons for this Node.js. Those for other machines are delivered as they are, and their libraries are none of ours. */
async function nativeAddons(parts: readonly RunnerPart[], node: ElfFacts | undefined): Promise<string[]> {
  const addons: string[] = [];
  for (const { source } of parts.filter((part) => part.path.endsWith('.node'))) {
    if ((await readElf(source))?.machine === node?.machine) addons.push(source);
  }
  return addons;
}

async function realFile(path: string, what: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw deliveryFailed(`${what} is not at ${path}`, error);
  }
}
