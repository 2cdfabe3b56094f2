import { existsSync, readFileSync } from 'node:fs';
import { systemCode } from '../errors.js';
import type { Report } from '../report.js';

export type Environment = Readonly<Record<string, string>>;

const ENVIRON_FILE = '/home/config/environ.txt';
const WORK_DIR = '/home/work';
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** They steer the runner's own loader and Node.js; user code gets the values of `environ.txt` only. */
const OWN = new Set(['NODE_OPTIONS', 'NODE_PATH', 'LD_LIBRARY_PATH', 'LD_PRELOAD']);

/** Where user code runs: `/home/work`, or the folder the runner was started in where that doesn't exist. */
export function workDirectory(own: NodeJS.ProcessEnv): string {
  return own['BAI_WORK_DIR'] ?? (existsSync(WORK_DIR) ? WORK_DIR : process.cwd());
}

/** The environment of the kernel's children: the container's, the runtime's defaults, then `environ.txt`. @see spec/03 §6.2 */
export function childEnvironment(own: NodeJS.ProcessEnv, workDir: string, report: Report): Environment {
  const environment: Record<string, string> = {};
  for (const [key, value] of Object.entries(own)) {
    if (value !== undefined && !OWN.has(key) && !key.startsWith('BAI_')) environment[key] = value;
  }
  const defaults = { LANG: 'C.UTF-8', HOME: workDir, TERM: 'xterm', USER: 'work', PATH: own['PATH'] ?? DEFAULT_PATH };
  const file = own['BAI_ENVIRON_FILE'] ?? ENVIRON_FILE;
  return { ...environment, ...defaults, ...parseEnviron(readIfThere(file), report) };
}

/** Reading ends at the first line without `=`, as upstream's runner does it. @see spec/03 §2.1 */
export function parseEnviron(text: string, report: Report): Environment {
  const environment: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const equals = line.indexOf('=');
    if (equals < 0) {
      report('environ.txt has a line without "=": it and what follows were ignored');
      break;
    }
    environment[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return environment;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}
