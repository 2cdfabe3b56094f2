import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toError } from '@bai/core';
import {
  ANSWERS,
  decodeAck,
  decodeAttach,
  EXTENSION,
  EXTENSION_VERSION,
  encodeAttached,
  encodeCompletion,
  encodeFinished,
  encodeStatus,
  encodeWaitingInput,
} from '@bai/kernel-protocol';
import { Pull, Push } from 'zeromq';
import { defaultProgram, type Program, type ScriptContext } from './programs.js';
import { ScriptedLog } from './scripted-log.js';

type Frame = Uint8Array | string;
type Step = ScriptContext['step'];

export interface ScriptedRunnerOptions {
  /** `extension` (default) numbers its records and replays; `upstream` speaks two frames only. */
  readonly wire?: 'extension' | 'upstream';
  /** Folder for the sockets. By default an own one, removed at the end. Ignored for `tcp`. */
  readonly directory?: string;
  readonly transport?: 'ipc' | 'tcp';
  /** Bound of the log, framing included. Default 64 MiB. */
  readonly spoolBytes?: number;
  /** What runs for code that {@link ScriptedRunner.on} doesn't know. */
  readonly program?: Program;
  /** Suggestions for `complete`; null gives no answer at all, as upstream's older runners do. */
  readonly suggestions?: readonly string[] | null;
  /** False lets `status` unanswered until {@link ScriptedRunner.becomeReady}. */
  readonly ready?: boolean;
}

/** One message of the agent, frames as text. */
export interface ReceivedMessage {
  readonly opcode: string;
  readonly payload: string;
  /** Third frame: run id or tag. */
  readonly extra: string | undefined;
}

interface Task {
  readonly step: Step;
  readonly code: string;
  readonly runId: string;
}

const FINISHED: Record<Step, string> = {
  code: 'finished',
  exec: 'finished',
  build: 'build-finished',
  clean: 'clean-finished',
};
const STEPS: ReadonlySet<string> = new Set(Object.keys(FINISHED));

/**
 * A runner without a kernel, for tests: real sockets, both wires, and programs written in TypeScript. It outlives its agents, so that a test
 * can close one and attach the next.
 */
export class ScriptedRunner implements AsyncDisposable {
  /** Endpoint that takes requests. */
  readonly input: string;
  /** Endpoint that gives answers and records. */
  readonly output: string;
  /** What the agents sent, in order. */
  readonly received: ReceivedMessage[] = [];
  /** Mistakes of the agent, such as an acknowledgement that fits no record. A test expects none. */
  readonly faults: Error[] = [];
  readonly #options: ScriptedRunnerOptions;
  readonly #pull: Pull;
  readonly #push: Push;
  readonly #removeFolder: () => Promise<void>;
  readonly #startedAt = performance.now() / 1000;
  readonly #epoch = randomUUID();
  readonly #log: ScriptedLog;
  readonly #programs = new Map<string, Program>();
  readonly #tasks: Task[] = [];
  readonly #inputs: string[] = [];
  readonly #working: Promise<unknown>[] = [];
  #wantsInput: ((text: string) => void) | undefined;
  #active: Task | undefined;
  #interrupt = new AbortController();
  #sending: Promise<void> = Promise.resolve();
  #attached = false;
  #pumping = false;
  #ready: boolean;
  #pendingStatus: (() => void)[] = [];

  private constructor(
    options: ScriptedRunnerOptions,
    sockets: { pull: Pull; push: Push },
    removeFolder: () => Promise<void>,
  ) {
    this.#options = options;
    this.#pull = sockets.pull;
    this.#push = sockets.push;
    this.#removeFolder = removeFolder;
    this.#log = new ScriptedLog(options.spoolBytes ?? 64 * 1024 * 1024);
    this.#ready = options.ready ?? true;
    this.input = endpointOf(sockets.pull);
    this.output = endpointOf(sockets.push);
    this.#working.push(this.#receive());
  }

  static async open(options: ScriptedRunnerOptions = {}): Promise<ScriptedRunner> {
    const own = options.directory === undefined && options.transport !== 'tcp';
    const directory = options.directory ?? (own ? await mkdtemp(join(tmpdir(), 'bai-scripted-')) : '');
    const sockets = { pull: new Pull({ linger: 0 }), push: new Push({ linger: 0 }) };
    const tcp = options.transport === 'tcp';
    await sockets.pull.bind(tcp ? 'tcp://127.0.0.1:0' : `ipc://${directory}/in.sock`);
    await sockets.push.bind(tcp ? 'tcp://127.0.0.1:0' : `ipc://${directory}/out.sock`);
    return new ScriptedRunner(options, sockets, async () => {
      if (own) await rm(directory, { recursive: true, force: true });
    });
  }

  /** Bytes of log that no agent has released. */
  get unreleasedBytes(): number {
    return this.#log.end - this.#log.oldest;
  }

  /** True while a program waits for an answer to its `input`. */
  get isWaitingForInput(): boolean {
    return this.#wantsInput !== undefined;
  }

  /** What runs for exactly this code. */
  on(code: string, program: Program): this {
    this.#programs.set(code, program);
    return this;
  }

  /** Answers `status` from now on. */
  becomeReady(): void {
    this.#ready = true;
    for (const answer of this.#pendingStatus.splice(0)) answer();
  }

  /** Adds a record as if the kernel had made it, for a run or for none. */
  async emit(opcode: string, payload: Frame, runId = this.#active?.runId ?? ''): Promise<void> {
    if (this.#options.wire === 'upstream') return await this.send([opcode, payload]);
    this.#log.append(opcode, Buffer.from(payload), runId);
    this.#pump();
  }

  /** Sends any frames, also wrong ones. Resolves when an agent is there to take them. */
  send(frames: Frame[]): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      if (!this.#push.closed) await this.#push.send(frames).catch(() => undefined); // the socket was closed meanwhile
    });
    return this.#sending;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#interrupt.abort(new Error('the scripted runner was closed'));
    this.#tasks.length = 0;
    this.#pull.close();
    this.#push.close();
    await Promise.allSettled(this.#working);
    await this.#removeFolder();
  }

  async #receive(): Promise<void> {
    for await (const frames of this.#pull) {
      const [opcode = '', payload = Buffer.alloc(0), extra] = frames;
      const message = { opcode: String(opcode), payload: String(payload), extra: extra?.toString() };
      this.received.push(message);
      try {
        this.#handle(message, payload, extra);
      } catch (error) {
        this.faults.push(toError(error));
      }
    }
  }

  #handle({ opcode, payload: text, extra }: ReceivedMessage, payload: Buffer, tag: Buffer | undefined): void {
    if (isStep(opcode)) this.#enqueue({ step: opcode, code: text, runId: extra ?? '' });
    else if (opcode === 'input') this.#takeInput(text);
    else if (opcode === 'interrupt') this.#interrupt.abort(new Error('interrupted'));
    else if (opcode === 'status') this.#whenReady(() => this.#answer(ANSWERS.status, this.#status(), tag));
    else if (opcode === 'complete') this.#complete(tag);
    else if (this.#options.wire !== 'upstream') this.#handleExtension(opcode, payload);
  }

  #handleExtension(opcode: string, payload: Buffer): void {
    if (opcode === EXTENSION.attach) this.#attach(payload);
    if (opcode === EXTENSION.ack) {
      const { received, released } = decodeAck(payload);
      this.#log.acknowledge(received, released);
      this.#pump();
    }
  }

  #whenReady(answer: () => void): void {
    if (this.#ready) answer();
    else this.#pendingStatus.push(answer);
  }

  #status(): Uint8Array {
    const extension = this.#options.wire === 'upstream' ? 0 : EXTENSION_VERSION;
    return encodeStatus({ startedAt: this.#startedAt, extension });
  }

  #answer(opcode: string, payload: Uint8Array, tag: Buffer | undefined): void {
    const withTag = tag !== undefined && this.#options.wire !== 'upstream';
    void this.send(withTag ? [opcode, payload, tag] : [opcode, payload]);
  }

  #complete(tag: Buffer | undefined): void {
    const { suggestions = [] } = this.#options;
    if (suggestions !== null) this.#answer(ANSWERS.complete, encodeCompletion(suggestions), tag);
  }

  #attach(payload: Buffer): void {
    this.#log.attach(decodeAttach(payload));
    this.#attached = true;
    const reply = {
      epoch: this.#epoch,
      oldest: this.#log.oldest,
      end: this.#log.end,
      activeRun: this.#active?.runId ?? null,
      queuedRuns: this.#tasks.map((task) => task.runId),
    };
    void this.send([EXTENSION.attached, encodeAttached(reply)]);
    this.#pump();
  }

  /** Sends what the window allows, one message behind the other. */
  #pump(): void {
    if (!this.#attached || this.#pumping) return;
    this.#pumping = true;
    const step = (): Promise<void> | undefined => {
      const frames = this.#push.closed ? undefined : this.#log.next();
      if (frames === undefined) {
        this.#pumping = false;
        return undefined;
      }
      return this.send(frames).then(step);
    };
    void this.#sending.then(step);
  }

  #enqueue(task: Task): void {
    this.#tasks.push(task);
    if (this.#active === undefined) this.#working.push(this.#work());
  }

  async #work(): Promise<void> {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      this.#active = task;
      this.#interrupt = new AbortController();
      const exitCode = await this.#run(task);
      await this.emit(FINISHED[task.step], exitCode === null ? '{}' : encodeFinished({ exitCode }), task.runId);
    }
    this.#active = undefined;
  }

  async #run(task: Task): Promise<number | null> {
    const program = this.#programs.get(task.code) ?? this.#options.program ?? defaultProgram;
    const { signal } = this.#interrupt;
    try {
      return await program(task.code, this.#context(task, signal));
    } catch (error) {
      await this.emit('stderr', signal.aborted ? 'KeyboardInterrupt\n' : `${toError(error).message}\n`, task.runId);
      return 1;
    }
  }

  #context({ step, runId }: Task, signal: AbortSignal): ScriptContext {
    const emit = (opcode: string, payload: Frame) => this.emit(opcode, payload, runId);
    return {
      runId,
      step,
      signal,
      emit,
      stdout: (data) => emit('stdout', data),
      stderr: (data) => emit('stderr', data),
      input: async ({ isPassword = false } = {}) => {
        await emit('waiting-input', step === 'code' ? encodeWaitingInput({ isPassword }) : '');
        return await this.#nextInput(signal);
      },
    };
  }

  #nextInput(signal: AbortSignal): Promise<string> {
    const typedAhead = this.#inputs.shift();
    if (typedAhead !== undefined) return Promise.resolve(typedAhead);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#wantsInput = undefined;
        reject(signal.reason);
      };
      this.#wantsInput = (text) => {
        this.#wantsInput = undefined;
        signal.removeEventListener('abort', onAbort);
        resolve(text);
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #takeInput(text: string): void {
    if (this.#wantsInput !== undefined) this.#wantsInput(text);
    else this.#inputs.push(text);
  }
}

function isStep(opcode: string): opcode is Step {
  return STEPS.has(opcode);
}

function endpointOf(socket: Pull | Push): string {
  if (socket.lastEndpoint === null) throw new Error('the socket is not bound');
  return socket.lastEndpoint;
}
