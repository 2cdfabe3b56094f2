import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Ack,
  type AttachedReply,
  type AttachRequest,
  decodeAttached,
  decodeDropped,
  decodeFinished,
  decodeRecordMeta,
  EXTENSION,
  encodeAck,
  encodeAttach,
  type RunnerLaunch,
  toRunnerArguments,
} from '@bai/kernel-protocol';
import { afterAll } from 'vitest';
import { Pull, Push } from 'zeromq';
import { bundle } from '../../scripts/bundle.mjs';

/** A message of the runner's, taken apart. */
export interface Received {
  readonly opcode: string;
  readonly text: string;
  readonly payload: Buffer;
  readonly frames: readonly Buffer[];
  /** Of the sequenced form. */
  readonly cursor: number;
  readonly runId: string;
}

const scratch = mkdtempSync(join(tmpdir(), 'bai-kr-'));
const alive = new Set<TestRunner>();

// A test that ran out of time doesn't dispose of its runner.
afterAll(async () => {
  await Promise.all([...alive].map((runner) => runner[Symbol.asyncDispose]()));
  rmSync(scratch, { recursive: true, force: true });
});
let built: Promise<string> | undefined;

/** The bundle, made of the sources once per test file. */
export function testBundle(): Promise<string> {
  const directory = join(scratch, 'bundle');
  built ??= bundle(directory).then(() => directory);
  return built;
}

export interface RunnerOptions {
  readonly runtimeType: string;
  readonly runtimePath?: string;
  readonly spoolBytes?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly listen?: RunnerLaunch['listen'];
  readonly stdio?: 'ignore' | number;
  readonly prepare?: (workDir: string) => void;
}

/** A runner in a process of its own, from the bundle, as a kernel would start it. */
export class TestRunner implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly directory: string;
  readonly #exited: Promise<unknown>;

  private constructor(process_: ChildProcess, directory: string) {
    this.process = process_;
    this.directory = directory;
    this.#exited = once(process_, 'exit');
    alive.add(this);
  }

  static async start(options: RunnerOptions): Promise<TestRunner> {
    const runner = join(await testBundle(), 'runner.cjs');
    const directory = mkdtempSync(join(scratch, 'r'));
    options.prepare?.(directory);
    const launch: RunnerLaunch = {
      listen: options.listen ?? { kind: 'unix', directory },
      runtimeType: options.runtimeType,
      runtimePath: options.runtimePath,
      spoolFile: join(directory, 'spool'),
      spoolBytes: options.spoolBytes ?? 8 * 1024 * 1024,
      readyFd: 3,
    };
    const env = { PATH: process.env['PATH'] ?? '', BAI_WORK_DIR: directory, ...options.environment };
    const console = options.stdio ?? 'ignore';
    const child = spawn(process.execPath, [runner, ...toRunnerArguments(launch)], {
      cwd: directory,
      env,
      stdio: ['ignore', console, console === 'ignore' && process.env['BAI_TEST_VERBOSE'] ? 'inherit' : console, 'pipe'],
    });
    const started = new TestRunner(child, directory);
    const ready = child.stdio[3];
    if (!ready) throw new TypeError('no ready descriptor');
    const ended = started.#exited.then(() => {
      throw new Error(`the runner ended with ${child.exitCode}`);
    });
    await Promise.race([once(ready, 'data'), ended]);
    // From now on its end is no surprise.
    ended.catch(() => {});
    return started;
  }

  /** Connects as an agent would. Close an older peer first. */
  connect(listen?: { input: string; output: string }): Peer {
    const unix = { input: `ipc://${this.directory}/in.sock`, output: `ipc://${this.directory}/out.sock` };
    return new Peer(listen ?? unix);
  }

  /** Resolves when no agent is connected any more: an agent that died is seen to be gone a little later. */
  async deserted(): Promise<void> {
    const isConnected = (line: string) => / 03 +\d+ /.test(line) && line.startsWith(this.directory, line.indexOf('/'));
    while (readFileSync('/proc/net/unix', 'utf8').split('\n').some(isConnected)) await sleep(5);
  }

  /** Sends a signal and waits for the end. Resolves with the exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(signal);
    await this.#exited;
    return this.process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    alive.delete(this);
    if (this.process.exitCode === null && this.process.signalCode === null) await this.end('SIGTERM');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The agent's side, raw. */
export class Peer implements Disposable {
  readonly #push = new Push({ linger: 50 });
  readonly #pull = new Pull();
  readonly received: Received[] = [];
  #waiters: (() => void)[] = [];
  #taken = 0;
  #sending = Promise.resolve();

  constructor(listen: { input: string; output: string }) {
    this.#push.connect(listen.input);
    this.#pull.connect(listen.output);
    void this.#read();
  }

  send(...frames: (string | Uint8Array)[]): void {
    this.#sending = this.#sending.then(() => (this.#push.closed ? undefined : this.#push.send(frames)));
  }

  code(text: string, runId?: string): void {
    this.send('code', text, ...(runId === undefined ? [] : [runId]));
  }

  ack(ack: Ack): void {
    this.send(EXTENSION.ack, encodeAck(ack));
  }

  /** Asks until it's answered: an answer can be lost on its way to an agent of before. */
  async attach(request: Partial<AttachRequest> = {}): Promise<AttachedReply> {
    const ask = () =>
      this.send(EXTENSION.attach, encodeAttach({ cursor: null, windowBytes: 4 * 1024 * 1024, ...request }));
    ask();
    const again = setInterval(ask, 1000);
    const reply = await this.until(({ opcode }) => opcode === EXTENSION.attached);
    clearInterval(again);
    const last = reply.at(-1);
    if (last === undefined) throw new TypeError('no answer to bai-attach');
    return decodeAttached(last.payload);
  }

  /** Messages up to the first one that fits, from where the last call ended. */
  async until(fits: (message: Received) => boolean): Promise<readonly Received[]> {
    for (let next = this.#taken; ; ) {
      for (; next < this.received.length; next += 1) {
        const message = this.received[next];
        if (message === undefined || !fits(message)) continue;
        const taken = this.received.slice(this.#taken, next + 1);
        this.#taken = next + 1;
        return taken;
      }
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Drops the messages that were looked at. */
  forget(): void {
    this.received.splice(0, this.#taken);
    this.#taken = 0;
  }

  /** Runs code to its end. */
  async run(text: string, runId?: string): Promise<RunResult> {
    this.code(text, runId);
    return this.finished();
  }

  async finished(opcode = 'finished'): Promise<RunResult> {
    return resultOf(await this.until((message) => message.opcode === opcode));
  }

  [Symbol.dispose](): void {
    this.#push.close();
    this.#pull.close();
  }

  async #read(): Promise<void> {
    for await (const frames of this.#pull) {
      this.received.push(takeApart(frames));
      const waiters = this.#waiters;
      this.#waiters = [];
      for (const wake of waiters) wake();
    }
  }
}

export interface RunResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly opcodes: readonly string[];
  readonly messages: readonly Received[];
}

export function resultOf(messages: readonly Received[]): RunResult {
  const last = messages.at(-1);
  const of = (opcode: string) => Buffer.concat(messages.filter((it) => it.opcode === opcode).map((it) => it.payload));
  return {
    exitCode: last === undefined ? null : decodeFinished(last.payload).exitCode,
    stdout: of('stdout').toString('utf8'),
    stderr: of('stderr').toString('utf8'),
    opcodes: messages.map(({ opcode }) => opcode),
    messages,
  };
}

export const droppedBytes = (messages: readonly Received[]): number =>
  messages
    .filter(({ opcode }) => opcode === EXTENSION.dropped)
    .reduce((sum, { payload }) => sum + decodeDropped(payload).bytes, 0);

function takeApart(frames: readonly Buffer[]): Received {
  const [opcode, payload, meta] = frames;
  if (opcode === undefined || payload === undefined) throw new TypeError('the runner sent fewer than two frames');
  const isRecord = meta !== undefined && meta.length >= 8 && !opcode.equals(Buffer.from(EXTENSION.attached));
  const { cursor, runId } = isRecord ? decodeRecordMeta(meta) : { cursor: 0, runId: '' };
  return { opcode: opcode.toString('latin1'), payload, text: payload.toString('utf8'), frames, cursor, runId };
}

interface Vector {
  readonly name: string;
  readonly sequence: readonly {
    readonly dir?: string;
    readonly opcode: string;
    readonly frames_hex?: readonly string[];
    readonly payload_utf8?: string;
  }[];
}

/** A recorded session of upstream's runner. */
export function vector(name: string): Vector {
  const file = new URL('../../vectors/kernel-runner.json', import.meta.url);
  const { vectors }: { vectors: readonly Vector[] } = JSON.parse(readFileSync(file, 'utf8'));
  const found = vectors.find((it) => it.name === name);
  if (found === undefined) throw new TypeError(`no vector '${name}'`);
  return found;
}
