import { AgentError, type ExecutionResult, InvalidArgumentError } from '@bai/agent-api';
import type { Logger } from '@bai/core';
import type { KernelIoLimits } from '../limits.js';
import { Call } from './call.js';
import { cutRecord, gapRecord, type LogRecord } from './log-record.js';
import { Patience } from './patience.js';
import { Run } from './run.js';
import { type Feed, feedOf, type RunCommand, runIdOf, unknownRun } from './run-command.js';
import type { Held } from './run-output.js';

/** What the runs need of the connection. */
export interface RunTransport {
  /** Sends a step of a run, or an input. @throws {AgentError} `BUSY` */
  send(opcode: Feed[number]['opcode'] | 'input', text: string, runId: string): void;
  /** Output was taken into memory, or was let go. */
  heldChanged(): void;
}

/**
 * The runs of one kernel in order of arrival, and their calls. One run is given to the runner at a time; the next one starts when a client
 * has got the end of the one before. @see spec/03 §5.5
 */
export class RunQueue {
  readonly #limits: KernelIoLimits;
  readonly #transport: RunTransport;
  readonly #logger: Logger;
  readonly #runs = new Map<string, Run>();
  readonly #held: Held = { records: 0, bytes: 0 };
  readonly #patience: Patience;
  #settled = false;
  /** True on our wire: a run that isn't known here isn't known to the runner either. */
  #knowsAll = false;
  #failure: Error | undefined;
  /** The run of the newest record, and output lost since without a run to belong to. */
  #newest: Run | undefined;
  #gap: LogRecord | undefined;

  constructor(limits: KernelIoLimits, transport: RunTransport, logger: Logger) {
    this.#limits = limits;
    this.#transport = transport;
    this.#logger = logger;
    this.#patience = new Patience(limits.abandonedMs, () => this.#advance());
  }

  /** The run at work in the runner, or null. */
  get activeRun(): string | null {
    return this.#atWork()?.id ?? null;
  }

  /** True when no more output should be taken from the runner. */
  get isFull(): boolean {
    return this.#held.records >= this.#limits.heldRecords || this.#held.bytes >= this.#limits.heldBytes;
  }

  /** The log is needed from this cursor on; Infinity when none of it is. */
  get neededFrom(): number {
    let from = this.#gap?.start ?? Number.POSITIVE_INFINITY;
    for (const run of this.#runs.values()) from = Math.min(from, run.output.neededFrom);
    return from;
  }

  execute(command: RunCommand, signal: AbortSignal | undefined): Promise<ExecutionResult> {
    if (this.#failure !== undefined) throw this.#failure;
    signal?.throwIfAborted();
    const run = this.#runFor(command);
    const call = new Call(
      command,
      signal,
      (due) => this.#serveDue(run, due),
      (aborted) => this.#giveUp(run, aborted),
    );
    run.calls.push(call);
    if (run.phase === 'waiting') this.#advance();
    else this.#serve(run);
    return call.result;
  }

  /**
   * From now on runs may start. `knowsAll` says that every run that the runner has was told by {@link adopt} or {@link deliver}.
   */
  settle(knowsAll: boolean): void {
    this.#settled = true;
    this.#knowsAll = knowsAll;
    for (const run of this.#runs.values()) this.#givePendingInput(run);
    this.#advance();
  }

  /** A run that the runner has although it wasn't started from here: an earlier agent did. */
  adopt(runId: string): void {
    const known = this.#runs.get(runId);
    if (known !== undefined && known.phase !== 'waiting') return;
    if (known === undefined && !this.#hasRoom()) return;
    const run = known ?? this.#add(new Run(runId, this.#held, [], true));
    this.#activate(run, run.startsOnce ? [] : run.feed);
  }

  /**
   * Takes a record for a run; `adopting` lets it belong to one that isn't known yet. Null means the run at work, for a wire without run ids.
   * Records of no active run are dropped. @see spec/03 §5.5
   */
  deliver(runId: string | null, record: LogRecord, adopting: boolean): void {
    if (runId !== null && adopting) this.adopt(runId);
    const run = runId === null ? this.#atWork() : this.#runs.get(runId);
    if (run === undefined || run.phase !== 'active' || run.finished) return;
    if (this.#gap !== undefined) run.push(this.#gap);
    this.#gap = undefined;
    this.#newest = run;
    run.isGuess = false;
    run.push(cutRecord(record, this.#limits.recordBytes));
    this.#serve(run);
    if (run.finished && run.phase === 'active') this.#linger(run);
    // After the end of a run, and when memory is full, somebody may have to give way.
    if (run.finished || this.isFull) this.#advance();
  }

  /** Output was lost; which run it belonged to is told by the record before, or else by the next one. */
  deliverGap(start: number, cursor: number, bytes: number): void {
    const run = this.#newest;
    if (run?.phase === 'active' && !run.finished) {
      run.push(gapRecord(start, cursor, bytes));
      this.#serve(run);
    } else {
      this.#gap = gapRecord(this.#gap?.start ?? start, cursor, bytes + (this.#gap?.droppedBytes ?? 0));
    }
  }

  /** The runner that had these runs is gone. What waits in line is left for the next one. */
  lose(reason: Error): void {
    this.#settled = false;
    this.#gap = undefined;
    for (const run of [...this.#runs.values()]) {
      if (run.phase !== 'waiting') this.#forget(run, reason);
    }
  }

  /** Ends everything: all calls reject with `reason`, and new ones throw it. */
  fail(reason: Error): void {
    this.#failure ??= reason;
    this.#patience.stop();
    for (const run of [...this.#runs.values()]) this.#forget(run, reason);
  }

  #runFor(command: RunCommand): Run {
    const { mode, cursor } = command;
    const id = runIdOf(command);
    const known = this.#runs.get(id);
    const feed = feedOf(command);
    if (known !== undefined && (feed.length === 0 || cursor !== null || known.phase === 'waiting')) {
      if (mode === 'input') this.#input(known, command);
      return known;
    }
    if (known?.phase === 'active') {
      // The run's id again with more code and no cursor: upstream sends it, and goes on with the same run.
      this.#send(known, feed);
      return known;
    }
    if (known !== undefined) this.#forget(known);
    return this.#newRun(id, command, feed);
  }

  #newRun(id: string, command: RunCommand, feed: Feed): Run {
    if (command.mode === 'input') {
      const canHave = !this.#settled || (!this.#knowsAll && this.#blockers().length === 0);
      if (!canHave) throw unknownRun(id);
    }
    if (!this.#hasRoom()) {
      throw new AgentError('BUSY', `${this.#runs.size} runs wait for this kernel: wait for some to end, or interrupt`, {
        retryable: true,
      });
    }
    // A client with a cursor above 0 has seen this run: it never means to start it.
    const run = this.#add(new Run(id, this.#held, (command.cursor ?? 0) > 0 ? [] : feed, command.cursor !== null));
    if (command.mode === 'input') run.pendingInput = command;
    return run;
  }

  #hasRoom(): boolean {
    if (this.#runs.size >= this.#limits.runs) this.#forgetEnded();
    return this.#runs.size < this.#limits.runs;
  }

  #add(run: Run): Run {
    this.#runs.set(run.id, run);
    return run;
  }

  #input(run: Run, command: Pick<RunCommand, 'cursor' | 'code'>): void {
    const { cursor, code } = command;
    if (!this.#settled) {
      run.pendingInput = command;
      return;
    }
    const retried = cursor !== null && (run.lastInput === cursor || run.output.wasAnswered(cursor));
    if (retried) return;
    if (run.phase === 'waiting')
      throw new InvalidArgumentError('mode', `run ${run.id} has not started: it takes no input yet`);
    if (run.phase === 'ended') throw new InvalidArgumentError('mode', `run ${run.id} has ended: it takes no input`);
    // The end is on its way to the client; an input sent now would reach the next run.
    if (run.finished) return;
    this.#transport.send('input', code, run.id);
    if (cursor !== null) run.lastInput = cursor;
  }

  #givePendingInput(run: Run): void {
    const command = run.pendingInput;
    if (command === undefined || run.phase === 'waiting') return;
    run.pendingInput = undefined;
    try {
      this.#input(run, command);
    } catch (error) {
      this.#forget(run, error);
    }
  }

  #send(run: Run, feed: Feed): void {
    for (const { opcode, text } of feed) this.#transport.send(opcode, text, run.id);
  }

  /** Starts the next run when none is in its way. */
  #advance(): void {
    if (this.#failure !== undefined) return;
    do {
      if (this.#settled) this.#startNext();
    } while (this.#giveWay());
  }

  #startNext(): void {
    for (const run of [...this.#runs.values()]) {
      if (run.phase !== 'waiting') continue;
      if (run.feed.length === 0 && this.#knowsAll) this.#forget(run, unknownRun(run.id));
      else if (this.#blockers().length === 0) this.#start(run);
    }
  }

  #start(run: Run): void {
    this.#forgetEnded();
    run.isGuess = run.feed.length === 0;
    this.#activate(run, run.feed);
    this.#givePendingInput(run);
  }

  #activate(run: Run, feed: Feed): void {
    run.phase = 'active';
    run.feed = [];
    try {
      this.#send(run, feed);
      this.#serve(run);
    } catch (error) {
      this.#forget(run, error);
    }
  }

  /**
   * Runs that the next one must wait for. Where records name their run, one that the runner has finished isn't in the way: its end stays
   * here until its client fetches it.
   */
  #blockers(): Run[] {
    return [...this.#runs.values()].filter((run) => run.phase === 'active' && !(this.#knowsAll && run.finished));
  }

  #atWork(): Run | undefined {
    for (const run of this.#runs.values()) if (run.phase === 'active' && !run.finished) return run;
    return undefined;
  }

  /**
   * Runs whose clients are gone give way to calls that wait: one that finished is forgotten, and so is one that perhaps never was; another
   * one loses its output, so that the runner's next records find room. True when a run was forgotten.
   */
  #giveWay(): boolean {
    const isFull = this.isFull;
    const runs = [...this.#runs.values()];
    const isWaitedFor = runs.some(
      (run) => run.calls.length > 0 && (run.phase === 'waiting' || (isFull && run.output.waitingRecords === 0)),
    );
    const inTheWay = this.#blockers().filter(
      (run) => run.calls.length === 0 && (run.finished || run.isGuess || isFull),
    );
    let forgotten = false;
    for (const run of this.#patience.exhausted(isWaitedFor ? inTheWay : [])) {
      const { id: runId, finished } = run;
      this.#logger.warn('a run gave way: its client has not called for a while', { runId, finished });
      if (finished || run.isGuess) forgotten = true;
      if (finished || run.isGuess) this.#forget(run);
      else run.discard();
      this.#transport.heldChanged();
    }
    return forgotten;
  }

  #serveDue(run: Run, call: Call): void {
    if (run.calls[0] !== call) run.takeOut(call, run.emptyAnswer(call));
    this.#serve(run);
  }

  #serve(run: Run): void {
    const hasEnded = run.serve(this.#limits);
    this.#transport.heldChanged();
    if (!hasEnded) return;
    this.#linger(run);
    this.#advance();
  }

  #giveUp(run: Run, call: Call): void {
    run.takeOut(call);
    // Nobody waits for a run that never started.
    if (run.calls.length === 0 && run.phase === 'waiting') this.#forget(run);
    else this.#serve(run);
  }

  #linger(run: Run): void {
    clearTimeout(run.lingerTimer);
    run.lingerTimer = setTimeout(() => {
      if (run.calls.length > 0) return this.#linger(run);
      if (run.phase === 'active') this.#logger.warn('nobody fetched the end of a run', { runId: run.id });
      this.#forget(run);
      this.#advance();
    }, this.#limits.lingerMs).unref();
  }

  #forgetEnded(): void {
    for (const run of [...this.#runs.values()]) if (run.phase === 'ended') this.#forget(run);
  }

  #forget(run: Run, reason?: unknown): void {
    clearTimeout(run.lingerTimer);
    if (this.#runs.get(run.id) === run) this.#runs.delete(run.id);
    if (this.#newest === run) this.#newest = undefined;
    run.output.clear();
    if (run.calls.length > 0) run.rejectCalls(reason ?? unknownRun(run.id));
    this.#transport.heldChanged();
  }
}
