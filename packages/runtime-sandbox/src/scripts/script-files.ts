import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INIT_SCRIPT } from './init.js';
import { SUPERVISOR_SCRIPT } from './supervisor.js';

export interface ScriptFiles {
  readonly supervisor: string;
  readonly init: string;
}

/**
 * Writes the scripts under names made of their content: a shell reads its script while it runs, so that a file in use by kernels
 * of an older version must never change.
 */
export function installScripts(directory: string): ScriptFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return {
    supervisor: install(directory, 'supervisor', SUPERVISOR_SCRIPT),
    init: install(directory, 'init', INIT_SCRIPT),
  };
}

function install(directory: string, name: string, text: string): string {
  const path = join(directory, `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.sh`);
  if (existsSync(path)) return path;
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, path);
  return path;
}
