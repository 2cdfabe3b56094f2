import { AgentError } from '@bai/agent-api';
import type { Logger } from '@bai/core';
import { describeError } from '@bai/core';
import { ANSWERS, decodeStatus, ProtocolError, type RunnerStatus } from '@bai/kernel-protocol';
import type { KernelIoLimits } from '../limits.js';
import { RateLimitedLog } from '../rate-limited-log.js';
import type { RunQueue } from '../runs/run-queue.js';
import type { AnsweredRequests } from './answered-requests.js';
import type { Connection } from './connection.js';
import { PlainLog } from './plain-log.js';
import type { RecordLog } from './record-log.js';
import { SequencedLog } from './sequenced-log.js';

export interface RunnerSessionOptions {
  readonly connection: Connection;
  readonly runs: RunQueue;
  readonly requests: AnsweredRequests;
  readonly limits: KernelIoLimits;
  readonly keepaliveMs: number;
  readonly logger: Logger;
  readonly onStatus: (status: RunnerStatus) => void;
}

/** The first `status` is sent again after this time without an answer, and after twice as long each time up to a limit. */
const RETRY_MS = { first: 50, longest: 2_000 };
const ANSWER_OPCODES: ReadonlySet<string> = new Set(Object.values(ANSWERS));

/**
 * Talks with one runner: finds out which wire it speaks, keeps the connection alive, and gives each message to where it belongs. A message that
 * doesn't follow the protocol is logged and dropped: the runner lives among the user's code and isn't trusted.
 */
export class RunnerSession implements Disposable {
  readonly #options: RunnerSessionOptions;
  readonly #complaints: RateLimitedLog;
  #status: RunnerStatus | undefined;
  #log: RecordLog | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS.first;
  #stopped = false;

  constructor(options: RunnerSessionOptions) {
    this.#options = options;
    this.#complaints = new RateLimitedLog(options.logger);
  }

  /** The runner's first status, once it is known. */
  get status(): RunnerStatus | undefined {
    return this.#status;
  }

  start(): void {
    this.#askStatus();
  }

  receive(frames: readonly Buffer[]): void {
    if (this.#stopped) return;
    try {
      this.#dispatch(frames);
    } catch (error) {
      if (!(error instanceof ProtocolError))
        this.#options.logger.error('a message of the runner was not handled', { error });
      else this.#complaints.warn('a wrong message of the runner was dropped', { error: describeError(error) });
    }
  }

  /** Output was taken or let go. */
  progress(): void {
    this.#log?.progress();
  }

  reconnected(): void {
    if (this.#stopped) return;
    this.#complaints.warn('the connection to the runner was cut and came back', {});
    this.#log?.reconnected();
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#log?.[Symbol.dispose]();
  }

  #dispatch(frames: readonly Buffer[]): void {
    const [opcodeFrame, payload, extra] = frames;
    if (opcodeFrame === undefined || payload === undefined) {
      throw new ProtocolError(`a message has two or three frames, got ${frames.length}`);
    }
    const opcode = opcodeFrame.toString('latin1');
    if (opcode === ANSWERS.status) this.#onStatus(decodeStatus(payload));
    else if (!ANSWER_OPCODES.has(opcode)) this.#log?.accept(opcode, frames);
    else if (!this.#options.requests.answer(opcode, payload, extra)) {
      this.#complaints.warn('an answer of the runner came too late', { opcode });
    }
  }

  #onStatus(status: RunnerStatus): void {
    const known = this.#status;
    this.#schedule(this.#options.keepaliveMs);
    if (known !== undefined && known.startedAt === status.startedAt && known.extension === status.extension) return;
    this.#status = status;
    if (known !== undefined) this.#forgetRunner();
    this.#openLog(status);
    this.#options.onStatus(status);
  }

  #openLog(status: RunnerStatus): void {
    const { runs, connection, limits, logger } = this.#options;
    logger.debug('the runner answered', { startedAt: status.startedAt, extension: status.extension });
    if (status.extension < 1) {
      this.#log = new PlainLog(runs, connection);
      runs.settle(false);
      return;
    }
    const log = new SequencedLog({
      reader: runs,
      send: (...frames) => connection.send(...frames),
      windowBytes: limits.windowBytes,
      onCaughtUp: () => runs.settle(true),
      onOtherEpoch: () => {
        this.#forgetRunner();
        this.#openLog(status);
      },
    });
    this.#log = log;
    log.attach();
  }

  #forgetRunner(): void {
    this.#log?.[Symbol.dispose]();
    this.#options.logger.warn('another runner answers in the place of the one before: its runs are lost');
    const what = 'the runner of this kernel was replaced by another one, and the run is lost: start it again';
    this.#options.runs.lose(new AgentError('KERNEL_TERMINATED', what));
  }

  #askStatus(): void {
    this.#options.connection.send('status', '');
    if (this.#status !== undefined) return;
    this.#schedule(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.longest);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => this.#askStatus(), delayMs).unref();
  }
}
