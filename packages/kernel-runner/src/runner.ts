import {
  decodeAck,
  decodeAttach,
  EXTENSION,
  EXTENSION_VERSION,
  encodeAttached,
  encodeCompletion,
  encodeFinished,
  encodeJson,
  encodeStatus,
  jsonObject,
  type LogOpcode,
} from '@bai/kernel-protocol';
import { parseCompletionRequest } from './drivers/completion-request.js';
import type { Driver } from './drivers/driver.js';
import { messageOf } from './errors.js';
import type { OutputLog } from './log/output-log.js';
import type { Spool } from './log/spool.js';
import type { UserOutput } from './process/user-output.js';
import type { Report } from './report.js';
import type { Batch } from './tasks/batch.js';
import { type Task, type TaskOpcode, TaskQueue } from './tasks/task-queue.js';
import type { Outbox } from './wire/outbox.js';
import { parseRequest, type RunnerOpcode, type RunnerRequest } from './wire/requests.js';

const INTERNAL_ERROR = -1;

const FINISHED: Readonly<Record<TaskOpcode, LogOpcode>> = {
  clean: 'clean-finished',
  build: 'build-finished',
  exec: 'finished',
  code: 'finished',
};

export interface RunnerParts {
  readonly spool: Spool;
  readonly log: OutputLog;
  readonly outbox: Outbox;
  readonly output: Pick<UserOutput, 'drained'>;
  readonly driver: Driver;
  readonly batch: Batch;
  readonly report: Report;
  /** The monotonic clock at the start, in seconds. */
  readonly startedAt: number;
}

/** Answers the agent's requests. @see spec/03 §5.2 and docs/kernel-protocol.md */
export class KernelRunner {
  readonly #parts: RunnerParts;
  readonly #tasks = new TaskQueue((task) => this.#perform(task));
  /** Unlike that of any other life of a runner. */
  readonly #epoch = `${Date.now().toString(36)}-${process.pid}-${Math.random().toString(36).slice(2)}`;
  readonly #handlers: Readonly<Record<RunnerOpcode, (request: RunnerRequest) => void>> = {
    clean: (request) => this.#submit('clean', request),
    build: (request) => this.#submit('build', request),
    exec: (request) => this.#submit('exec', request),
    code: (request) => this.#submit('code', request),
    input: (request) => this.#input(request),
    interrupt: (request) => this.#interrupt(tagText(request)),
    complete: (request) => void this.#complete(request),
    status: (request) => this.#answer(request, 'status', this.#status()),
    'get-apps': (request) => this.#answer(request, 'apps-result', encodeJson({ status: 'done', data: [] })),
    'start-service': (request) => this.#answer(request, 'service-result', encodeJson(serviceResult(request.payload))),
    'start-model-service': (request) => this.#answer(request, 'model-service-result', encodeJson(NO_MODEL_SERVICE)),
    'shutdown-service': () => {},
    event: ({ payload }) => this.#parts.report(`event from the agent: ${payload.toString('utf8').slice(0, 200)}`),
    [EXTENSION.attach]: ({ payload }) => this.#attach(payload),
    [EXTENSION.ack]: ({ payload }) => this.#parts.outbox.acknowledge(decodeAck(payload)),
  };

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** The run at work; empty when none is, or it has no name. */
  get runId(): string {
    return this.#tasks.active?.runId ?? '';
  }

  /** Takes one message. What is wrong with it is reported and ends there. */
  receive(frames: readonly Buffer[]): void {
    try {
      const request = parseRequest(frames);
      if (request !== undefined) this.#handle(request);
    } catch (error) {
      this.#parts.report(`a message was dropped: ${messageOf(error)}`);
    }
  }

  #handle(request: RunnerRequest): void {
    this.#handlers[request.opcode](request);
  }

  #submit(opcode: TaskOpcode, request: RunnerRequest): void {
    const task = { opcode, runId: tagText(request), text: request.payload.toString('utf8') };
    if (this.#tasks.submit(task) !== 'full') return;
    this.#parts.report(`too many tasks are queued: '${task.opcode}' was refused`);
    this.#parts.log.control(FINISHED[task.opcode], task.runId, encodeFinished({ exitCode: INTERNAL_ERROR }));
  }

  async #perform(task: Task): Promise<void> {
    const { driver, batch, output, log, report } = this.#parts;
    let exitCode = INTERNAL_ERROR;
    try {
      exitCode = task.opcode === 'code' ? await driver.run(task.text) : await batch.run(task.opcode, task.text);
      await output.drained();
    } catch (error) {
      report(`'${task.opcode}' failed inside the runner: ${messageOf(error)}`);
    }
    log.control(FINISHED[task.opcode], task.runId, encodeFinished({ exitCode }));
  }

  /** Input for a run that is over is void. */
  #input(request: RunnerRequest): void {
    if (request.tag === undefined || tagText(request) === this.runId) {
      this.#parts.driver.input(request.payload.toString('utf8'));
    }
  }

  #interrupt(runId: string): void {
    const task = this.#tasks.active;
    if (task === undefined || (runId !== '' && runId !== task.runId)) return;
    if (task.opcode === 'code') this.#parts.driver.interrupt();
    else this.#parts.batch.interrupt();
  }

  async #complete(request: RunnerRequest): Promise<void> {
    let suggestions: readonly string[] = [];
    try {
      suggestions = await this.#parts.driver.complete(parseCompletionRequest(request.payload));
    } catch (error) {
      this.#parts.report(`a completion request was wrong: ${messageOf(error)}`);
    }
    this.#answer(request, 'completion', encodeCompletion(suggestions));
  }

  #status(): Uint8Array {
    return encodeStatus({ startedAt: this.#parts.startedAt, extension: EXTENSION_VERSION });
  }

  #attach(payload: Buffer): void {
    const { outbox, spool } = this.#parts;
    outbox.attach(decodeAttach(payload));
    const reply = {
      epoch: this.#epoch,
      oldest: spool.released.cursor,
      end: spool.end.cursor,
      activeRun: this.runId === '' ? null : this.runId,
      queuedRuns: this.#tasks.queuedRuns,
    };
    outbox.answer(Buffer.from(EXTENSION.attached), encodeAttached(reply));
  }

  #answer(request: RunnerRequest, opcode: string, payload: Uint8Array): void {
    const tag = request.tag === undefined ? [] : [request.tag];
    this.#parts.outbox.answer(Buffer.from(opcode), payload, ...tag);
  }
}

const NO_MODEL_SERVICE = { status: 'failed', error: 'service failed to start' };

function serviceResult(payload: Buffer): { readonly status: string; readonly error?: string } {
  const { name, protocol } = jsonObject('start-service', payload);
  if (protocol === 'preopen') return { status: 'started' };
  return { status: 'failed', error: `unsupported service: ${String(name)}` };
}

const tagText = (request: RunnerRequest) => request.tag?.toString('utf8') ?? '';
