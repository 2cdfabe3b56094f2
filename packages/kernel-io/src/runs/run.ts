import type { ExecuteCommand, ExecutionResult, ExecutionStatus } from '@bai/agent-api';
import { decodeFinished, decodeWaitingInput, ProtocolError } from '@bai/kernel-protocol';
import type { KernelIoLimits } from '../limits.js';
import type { Call } from './call.js';
import { endsRequest, type LogRecord } from './log-record.js';
import type { Feed } from './run-command.js';
import { type Held, RunOutput } from './run-output.js';

/**
 * - `waiting`: in line, the runner doesn't know it.
 * - `active`: the runner has it, or its end waits for a client.
 * - `ended`: a client got its end; kept for a while in case that answer was lost.
 */
export type RunPhase = 'waiting' | 'active' | 'ended';

/** One run of a kernel: its place in its life, its calls, its output. */
export class Run {
  readonly id: string;
  readonly output: RunOutput;
  readonly calls: Call[] = [];
  phase: RunPhase = 'waiting';
  /** What to send when its turn comes. */
  feed: Feed;
  /** True when the code must not be sent to a runner that already has this run. */
  readonly startsOnce: boolean;
  /** Input to send as soon as it's known whether the runner has this run. */
  pendingInput: Pick<ExecuteCommand, 'cursor' | 'code'> | undefined;
  /** Taken for the run at work because a client said so (upstream's wire, after a restart of the agent); no record has confirmed it. */
  isGuess = false;
  /** The runner has ended it. */
  finished = false;
  /** Cursor of the call whose input was sent last. */
  lastInput: number | undefined;
  /** When its last call was answered, on the clock of `performance.now`. */
  lastCallAt = performance.now();
  lingerTimer: NodeJS.Timeout | undefined;
  #discarding = false;
  #end: { readonly exitCode: number | null } | undefined;

  constructor(id: string, held: Held, feed: Feed, startsOnce: boolean) {
    this.id = id;
    this.output = new RunOutput(held);
    this.feed = feed;
    this.startsOnce = startsOnce;
  }

  push(record: LogRecord): void {
    this.output.push(record);
    if (this.#discarding) this.output.discard();
    if (record.opcode === 'finished') {
      this.finished = true;
      this.#end = { exitCode: exitCodeOf(record) };
    }
  }

  /** The client is gone and others wait: from now on until it calls again, only the end is kept. */
  discard(): void {
    this.#discarding = true;
    this.output.discard();
  }

  /** Answers calls in their order as far as there is something to say. True when one of them was given the end of the run. */
  serve(limits: KernelIoLimits): boolean {
    let hasEnded = false;
    for (let call = this.calls[0]; call !== undefined; call = this.calls[0]) {
      if (this.phase === 'waiting') {
        if (!call.due) break;
        this.takeOut(call, this.emptyAnswer(call));
        continue;
      }
      if (!call.begun) this.#begin(call);
      if (!call.due && !this.#hasAnswer(limits)) {
        if (this.output.waitingRecords > 0) call.gather();
        break;
      }
      const result = this.#answer(limits.answerBytes);
      this.takeOut(call, result);
      if (result.status !== 'finished' || this.phase === 'ended') continue;
      this.phase = 'ended';
      hasEnded = true;
    }
    return hasEnded;
  }

  /** Takes a call out of the line, with its answer if there is one. */
  takeOut(call: Call, result?: ExecutionResult): void {
    const index = this.calls.indexOf(call);
    if (index >= 0) this.calls.splice(index, 1);
    this.lastCallAt = performance.now();
    if (result !== undefined) call.resolve(result);
  }

  /** Sets the place for a call: what lies before it is confirmed. Without a cursor, that's all that was handed out. */
  #begin(call: Call): void {
    if (call.cursor !== null && call.cursor !== this.output.position) this.output.seek(call.cursor);
    this.output.forgetRead();
    this.#discarding = false;
    call.begun = true;
  }

  #hasAnswer(limits: KernelIoLimits): boolean {
    const { hasEnder, waitingBytes, waitingRecords } = this.output;
    return hasEnder || this.finished || waitingBytes >= limits.answerBytes || waitingRecords >= limits.heldRecords;
  }

  /** The answer with what there is. */
  #answer(answerBytes: number): ExecutionResult {
    const { console, droppedBytes, ender } = this.output.take(answerBytes);
    // A client that comes again after the end gets the end again.
    const over = ender === undefined && this.finished && this.output.waitingRecords === 0;
    return {
      runId: this.id,
      status: over ? 'finished' : statusOf(ender),
      exitCode: over ? (this.#end?.exitCode ?? null) : exitCodeOf(ender),
      options: ender?.opcode === 'waiting-input' ? optionsOf(ender) : null,
      console,
      cursor: this.output.position,
      droppedBytes,
    };
  }

  /** The answer for a call that can't have output because others are before it. */
  emptyAnswer(call: Call): ExecutionResult {
    return {
      runId: this.id,
      status: 'continued',
      exitCode: null,
      options: null,
      console: [],
      cursor: call.cursor ?? this.output.position,
      droppedBytes: 0,
    };
  }

  rejectCalls(reason: unknown): void {
    for (const call of this.calls.splice(0)) call.reject(reason);
  }
}

function statusOf(ender: LogRecord | undefined): ExecutionStatus {
  switch (ender?.opcode) {
    case 'finished':
    case 'build-finished':
    case 'clean-finished':
    case 'waiting-input':
      return ender.opcode;
    default:
      return 'continued';
  }
}

/** A wrong payload ends the request all the same. */
function exitCodeOf(ender: LogRecord | undefined): number | null {
  if (ender === undefined || !endsRequest(ender) || ender.opcode === 'waiting-input') return null;
  return lenient(null, () => decodeFinished(ender.payload).exitCode);
}

function optionsOf(ender: LogRecord): Readonly<Record<string, unknown>> {
  return lenient({}, () => decodeWaitingInput(ender.payload));
}

function lenient<T>(fallback: T, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ProtocolError) return fallback;
    throw error;
  }
}
