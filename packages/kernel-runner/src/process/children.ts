import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../errors.js';
import type { Environment } from './environment.js';

const STOP_GRACE_MS = 2000;

export interface SpawnRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Environment;
  readonly stdio: StdioOptions;
}

/** A child that leads a process group of its own, so that signals reach what it started too. */
export interface Child {
  readonly process: ChildProcess;
  /** Exit code; negative for the signal that killed it; 127 or 126 when it couldn't be started. Never rejects. */
  readonly exited: Promise<number>;
  /** The system's error when the program couldn't be started. Known once {@link exited} resolved. */
  startError(): Error | undefined;
  /** Sends a signal to the whole group. Nothing happens when it's gone. */
  signal(name: NodeJS.Signals): void;
}

/** Every process that the runner started, so that none outlives it. */
export class Children {
  readonly #alive = new Set<Child>();

  spawn(request: SpawnRequest): Child {
    const child = start(request);
    this.#alive.add(child);
    void child.exited.then(() => this.#alive.delete(child));
    return child;
  }

  /** Ends all: SIGTERM, and SIGKILL for those that are left after 2 s. */
  async stop(): Promise<void> {
    const alive = [...this.#alive];
    for (const child of alive) child.signal('SIGTERM');
    const gone = Promise.all(alive.map((child) => child.exited));
    await Promise.race([gone, sleep(STOP_GRACE_MS, undefined, { ref: false })]);
    for (const child of alive) child.signal('SIGKILL');
  }
}

function start(request: SpawnRequest): Child {
  const { file, args, cwd, environment, stdio } = request;
  const process_ = spawn(file, [...args], { cwd, env: { ...environment }, stdio, detached: true });
  let startError: Error | undefined;
  const exited = new Promise<number>((resolve) => {
    process_.once('exit', (code, signal) => resolve(exitStatus(code, signal)));
    process_.once('error', (error) => {
      startError = error;
      resolve(systemCode(error) === 'EACCES' ? 126 : 127);
    });
  });
  return { process: process_, exited, startError: () => startError, signal: (name) => signalGroup(process_.pid, name) };
}

function exitStatus(code: number | null, signal: NodeJS.Signals | null): number {
  return signal === null ? (code ?? -1) : -constants.signals[signal];
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
