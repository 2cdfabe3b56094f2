import type { Readable, Writable } from 'node:stream';

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The standard input of a command, which may be a terminal. */
export interface Input extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

/** What a command sees of the process that it runs in, so that tests can give it another one. */
export interface Shell {
  readonly stdin: Input;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Calls the listener for each such signal, instead of what the system would do, until disposed. */
  onSignal(name: StopSignal, listener: () => void): Disposable;
}

/** The real process. */
export function processShell(): Shell {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    onSignal(name, listener) {
      process.on(name, listener);
      return { [Symbol.dispose]: () => void process.off(name, listener) };
    },
  };
}
