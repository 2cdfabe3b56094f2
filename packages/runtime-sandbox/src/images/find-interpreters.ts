import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Logger, WaitOptions } from '@bai/core';
import { isInside } from '@bai/linux';
import { z } from 'zod';
import { findPrograms } from './find-programs.js';
import type { Interpreter } from './interpreter.js';
import { probe } from './run-program.js';
import { canRead, canShow, isInSystem, type Reader } from './visible-folder.js';

const USUAL_PLACES = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/conda/bin', '/opt/python/bin', '/opt/node/bin'];

/** What a candidate says of itself; the paths that it really uses, behind shims and links. */
interface Found {
  readonly path: string;
  readonly version: string;
  /** Where it keeps its libraries. */
  readonly prefixes: readonly string[];
}

type Ask = (candidate: string, options: WaitOptions) => Promise<Found | undefined>;

const pythonAnswer = z.tuple([z.string(), z.string(), z.string(), z.string()]);
const ASK_PYTHON =
  'import sys,json; print(json.dumps([sys.executable, "%d.%d.%d" % sys.version_info[:3], sys.prefix, sys.base_prefix]))';

const askPython: Ask = async (candidate, options) => {
  const answer = pythonAnswer.safeParse(parseJson(await probe(candidate, ['-I', '-c', ASK_PYTHON], options)));
  if (!answer.success) return undefined;
  const [path, version, prefix, basePrefix] = answer.data;
  return { path, version, prefixes: [prefix, basePrefix] };
};

const nodeAnswer = z.tuple([z.string(), z.string()]);

const askNode: Ask = async (candidate, options) => {
  const script = 'console.log(JSON.stringify([process.execPath, process.versions.node]))';
  const answer = nodeAnswer.safeParse(parseJson(await probe(candidate, ['-e', script], options)));
  if (!answer.success) return undefined;
  const [path, version] = answer.data;
  return { path, version, prefixes: [dirname(dirname(path))] };
};

const askShell: Ask = async (candidate, options) => {
  const version = await probe(candidate, ['-c', 'echo "${BASH_VERSION:-posix}"'], options);
  return version === undefined ? undefined : { path: candidate, version: version.trim(), prefixes: [] };
};

const KINDS = [
  { runtimeType: 'python', names: ['python3', 'python'], ask: askPython },
  { runtimeType: 'nodejs', names: ['node', 'nodejs'], ask: askNode },
  { runtimeType: 'shell', names: ['bash', 'sh'], ask: askShell },
] as const;

/**
 * Finds one interpreter of each kind: the first along `path` and in the usual places that runs, says where it lives, and may be
 * shown to kernels. Kinds are looked for side by side.
 */
export async function findInterpreters(
  path: string,
  reader: Reader,
  logger: Logger,
  options: WaitOptions = {},
): Promise<Interpreter[]> {
  const found = await Promise.all(
    KINDS.map(async ({ runtimeType, names, ask }): Promise<Interpreter | undefined> => {
      for (const candidate of findPrograms(names, path, USUAL_PLACES)) {
        const answer = await ask(candidate, options);
        const folders = answer && foldersOf(answer, reader);
        if (answer !== undefined && folders !== undefined)
          return { runtimeType, path: answer.path, version: answer.version, folders };
        logger.debug('interpreter not usable', { candidate, answer: answer?.path ?? null });
      }
      return undefined;
    }),
  );
  return found.filter((interpreter) => interpreter !== undefined);
}

/** Folders to show, or undefined when a kernel couldn't run it. */
function foldersOf(found: Found, reader: Reader): string[] | undefined {
  try {
    return checkFolders(found, reader);
  } catch {
    return undefined; // it names something that isn't there, or that the agent itself may not see
  }
}

function checkFolders({ path, prefixes }: Found, reader: Reader): string[] | undefined {
  const folders = [...new Set(prefixes.filter((prefix) => !isInSystem(prefix)))];
  if (!folders.every((folder) => canShow(folder, reader))) return undefined;
  const isShown = (file: string, places: readonly string[]): boolean =>
    isInSystem(file) || places.some((place) => isInside(file, place));
  const real = realpathSync(path);
  const realFolders = folders.map((folder) => realpathSync(folder));
  if (!isShown(path, folders) || !isShown(real, realFolders) || !canRead(real, reader)) return undefined;
  if (!folders.every((folder) => ['bin', 'lib'].every((name) => canRead(join(folder, name), reader)))) return undefined;
  return folders.filter((folder) => !folders.some((other) => other !== folder && isInside(folder, other)));
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined; // a program that prints something else
  }
}
