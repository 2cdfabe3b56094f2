import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { abortable, withDeadline } from '@bai/core';
import { AgentClient } from '@bai/manager-rpc';

const MAIN = resolve(import.meta.dirname, '../../apps/agent/dist/main.js');
const READY = 'started handling RPC requests at';

/** A port of this machine that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return address.port;
}

export interface DaemonOptions {
  readonly stateDir: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** The built daemon as a process of its own, as an operator starts it. */
export class Daemon implements AsyncDisposable {
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  #log = '';

  private constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.address = address;
    this.#exit = once(child, 'exit').then(([code, signal]: (number | string | null)[]) =>
      typeof code === 'number' ? code : signal === 'SIGKILL' ? 137 : null,
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString();
      });
    }
  }

  /** Starts the daemon without waiting for it. */
  static spawn(options: DaemonOptions): Daemon {
    const address = `127.0.0.1:${options.port}`;
    const args = [
      'start',
      '--state-dir',
      options.stateDir,
      '--set',
      `agent.rpc-listen-addr=${address}`,
      ...(options.args ?? []),
    ];
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, ...options.env },
      cwd: options.stateDir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Daemon(child, address);
  }

  static async start(options: DaemonOptions): Promise<Daemon> {
    const daemon = Daemon.spawn(options);
    await daemon.ready();
    return daemon;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the daemon could not be spawned');
    return this.#child.pid;
  }

  /** Everything that the daemon printed. */
  get log(): string {
    return this.#log;
  }

  async ready(): Promise<void> {
    const ended = new AbortController();
    void this.#exit.then((code) => ended.abort(new Error(`the daemon ended with ${code}:\n${this.#log}`)));
    await withDeadline('start of the daemon', 20_000, ended.signal, async (signal) => {
      while (!this.#log.includes(READY)) {
        await abortable(
          Promise.race([
            once(this.#child.stderr ?? this.#child, 'data'),
            once(this.#child.stdout ?? this.#child, 'data'),
          ]),
          signal,
        );
      }
    });
  }

  /** Waits for the end of the process: its exit status, 137 after SIGKILL. */
  async exited(): Promise<number | null> {
    return await withDeadline('end of the daemon', 30_000, undefined, () => this.#exit);
  }

  async signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null> {
    this.#child.kill(name);
    return await this.exited();
  }

  async client(): Promise<AgentClient> {
    return await AgentClient.connect({ address: `tcp://${this.address}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.signal('SIGKILL');
  }
}

/** Path of an example program of the repository. */
export const example = (name: string): string => join(resolve(import.meta.dirname, '../../examples'), name);
