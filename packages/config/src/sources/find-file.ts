import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '../errors.js';

export interface FindFileOptions {
  /** Value of `-f`. */
  readonly path?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
}

/**
 * The one file that is read: that of `-f`, else of `BACKEND_CONFIG_FILE`, else the first that exists of the usual places, else none.
 * @throws {ConfigError} `CONFIG_NOT_FOUND` when a file was named and isn't there
 * @see spec/06 §1.1
 */
export function findConfigFile({ path, env, cwd, home }: FindFileOptions): string | undefined {
  const fromEnv = env['BACKEND_CONFIG_FILE'];
  if (path !== undefined) return named(resolve(cwd, path), '-f');
  if (fromEnv !== undefined && fromEnv !== '') return named(resolve(cwd, fromEnv), 'BACKEND_CONFIG_FILE');
  return candidates(cwd, home).find(isFile);
}

/** The usual places, in the order in which they are looked at. */
export function candidates(cwd: string, home: string): readonly string[] {
  return [
    join(cwd, 'agent.toml'),
    ...buildRoots(cwd, home).map((folder) => join(folder, 'agent.toml')),
    join(home, '.config/backend.ai/agent.toml'),
    '/etc/backend.ai/agent.toml',
  ];
}

/** Folders above the working directory, inside the home, that are marked as the root of a source tree. */
function buildRoots(cwd: string, home: string): readonly string[] {
  const found: string[] = [];
  for (let folder = dirname(cwd); folder.startsWith(`${home}/`) && home !== '/'; folder = dirname(folder)) {
    if (isFile(join(folder, 'BUILD_ROOT'))) found.push(folder);
  }
  return found;
}

function named(path: string, source: string): string {
  if (isFile(path)) return path;
  throw new ConfigError(
    'CONFIG_NOT_FOUND',
    `the configuration file ${path}, named by ${source}, is not there: create it, or leave ${source} out to run without one`,
    [],
    { details: { path } },
  );
}

/** A place that can't be looked at is no file either. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
