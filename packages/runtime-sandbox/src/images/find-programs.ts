import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Executable files of these names: along `path` (as in `PATH`), then in `places`, each path once. */
export function findPrograms(names: readonly string[], path: string, places: readonly string[] = []): string[] {
  const folders = [...path.split(':').filter(isAbsolute), ...places];
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [...new Set(candidates)].filter(isProgram);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
