import { RunnerError } from '../errors.js';
import type { Driver, DriverHost } from './driver.js';
import type { InterpreterPlace } from './interpreter.js';
import { openNodejs } from './nodejs.js';
import { type OpenSession, PersistentDriver } from './persistent-driver.js';
import { openPython } from './python.js';
import { openShell } from './shell.js';

const NOT_AVAILABLE = 127;

/** Default interpreter of each runtime type that this runner knows. `app` has none. */
export const RUNTIMES: Readonly<Record<string, string>> = {
  python: 'python3',
  nodejs: 'node',
  shell: '/bin/sh',
  app: '',
};

export interface DriverOptions {
  readonly runtimeType: string;
  readonly runtimePath: string | undefined;
  /** Never use an ipykernel. */
  readonly builtinOnly: boolean;
}

/** @throws {RunnerError} `RUNNER_START` for a runtime type that isn't in {@link RUNTIMES}. */
export function createDriver(options: DriverOptions, place: InterpreterPlace, host: DriverHost): Driver {
  const path = interpreterPath(options);
  const opening = opener(options, path, place);
  return opening === undefined ? noDriver : new PersistentDriver(opening, host);
}

/** The interpreter of the user's code. @throws {RunnerError} `RUNNER_START` */
export function interpreterPath(options: Pick<DriverOptions, 'runtimeType' | 'runtimePath'>): string {
  const standard = RUNTIMES[options.runtimeType];
  if (standard !== undefined) return options.runtimePath ?? standard;
  const known = Object.keys(RUNTIMES).join(', ');
  throw new RunnerError('RUNNER_START', `unknown runtime type '${options.runtimeType}': choose one of ${known}`);
}

function opener(options: DriverOptions, path: string, place: InterpreterPlace): OpenSession | undefined {
  if (options.runtimeType === 'python') return openPython(path, place, options.builtinOnly);
  if (options.runtimeType === 'nodejs') return openNodejs(path, place);
  if (options.runtimeType === 'shell') return openShell(path, place);
  return undefined;
}

/** The `app` runtime has no query mode. @see spec/03 §6.4 */
const noDriver: Driver = {
  start() {},
  run: () => Promise.resolve(NOT_AVAILABLE),
  interrupt() {},
  input() {},
  complete: () => Promise.resolve([]),
};
