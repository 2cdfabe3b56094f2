import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { withDeadline } from '@bai/core';

const SCRIPT = fileURLToPath(new URL('../../interop/callosum_peer.py', import.meta.url));

export interface PeerRequest {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Seconds after which the caller gives up and sends CANCEL. */
  readonly timeout?: number;
  readonly okey?: 'str' | 'bin';
}

/** What Python got. One of these. */
export interface PeerAnswer {
  readonly result?: unknown;
  readonly failure?: readonly string[];
  readonly timeout?: boolean;
  /** An exception of callosum itself. */
  readonly crash?: string;
}

/** A Python process with a real callosum in it. */
class PeerProcess implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly lines: AsyncIterator<string>;

  constructor(python: string, args: readonly string[]) {
    this.#child = spawn(python, [SCRIPT, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value } = await withDeadline('a line of the callosum peer', 30_000, undefined, () => this.lines.next());
    return String(value);
  }

  write(text: string): void {
    this.#child.stdin.write(`${text}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = this.#child.exitCode === null ? once(this.#child, 'exit') : undefined;
    this.#child.stdin.end();
    this.#child.kill();
    await exited;
  }
}

/** A manager's side: calls an agent from Python. */
export class CallosumCaller implements AsyncDisposable {
  readonly #process: PeerProcess;
  #id = 0;

  constructor(python: string, address: string) {
    this.#process = new PeerProcess(python, ['client', address]);
  }

  /** Calls all at once; answers in the order in which Python got them, each with the index of its request. */
  async callAll(requests: readonly PeerRequest[]): Promise<(PeerAnswer & { readonly index: number })[]> {
    const first = this.#id;
    for (const request of requests) {
      this.#process.write(JSON.stringify({ id: this.#id, ...request }));
      this.#id += 1;
    }
    const answers: (PeerAnswer & { readonly index: number })[] = [];
    while (answers.length < requests.length) {
      const { id, ...rest }: PeerAnswer & { readonly id: number } = JSON.parse(await this.#process.line());
      answers.push({ index: id - first, ...rest });
    }
    return answers;
  }

  async call(request: PeerRequest): Promise<PeerAnswer> {
    const [first] = await this.callAll([request]);
    if (first === undefined) throw new Error('no answer');
    const { index: _, ...answer } = first;
    return answer;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}

/** An agent's side: serves `ping`, `everything`, `fail` and `slow` from Python. */
export async function startCallosumServer(python: string): Promise<{ readonly address: string } & AsyncDisposable> {
  const process = new PeerProcess(python, ['server']);
  return { address: await process.line(), [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}
