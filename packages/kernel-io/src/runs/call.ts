import type { ExecuteCommand, ExecutionResult } from '@bai/agent-api';

/** `setTimeout` fires at once above this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** What comes within this time joins the first output of an eager answer: often it is the end of the run. */
const GATHER_MS = 2;

/** One `execute` call that waits for its answer. */
export class Call {
  readonly result: Promise<ExecutionResult>;
  readonly cursor: number | null;
  readonly eager: boolean;
  readonly #onDue: (call: Call) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  #resolve: (result: ExecutionResult) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #flushTimer: NodeJS.Timeout | undefined;
  #gatherTimer: NodeJS.Timeout | undefined;
  #due = false;
  /** True once this call is the first of its run and has set the place to read from. */
  begun = false;

  /**
   * @param onDue is called when the answer must not wait any longer.
   * @param onAbort is called after the promise was rejected by `signal`.
   */
  constructor(
    command: Pick<ExecuteCommand, 'cursor' | 'eager' | 'flushTimeoutMs'>,
    signal: AbortSignal | undefined,
    onDue: (call: Call) => void,
    onAbort: (call: Call) => void,
  ) {
    this.cursor = command.cursor;
    this.eager = command.eager;
    this.#onDue = onDue;
    this.#signal = signal;
    this.#onAbort = () => {
      this.reject(signal?.reason);
      onAbort(this);
    };
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (command.flushTimeoutMs !== null) {
      const ms = Math.min(command.flushTimeoutMs, LONGEST_TIMER_MS);
      this.#flushTimer = setTimeout(() => this.#becomeDue(), ms).unref();
    }
  }

  /** True once the flush time is over, or an eager call has gathered. */
  get due(): boolean {
    return this.#due;
  }

  /** There is output: an eager call is due soon. */
  gather(): void {
    if (this.eager) this.#gatherTimer ??= setTimeout(() => this.#becomeDue(), GATHER_MS).unref();
  }

  resolve(result: ExecutionResult): void {
    this.#stop();
    this.#resolve(result);
  }

  reject(reason: unknown): void {
    this.#stop();
    this.#reject(reason);
  }

  #becomeDue(): void {
    this.#due = true;
    this.#onDue(this);
  }

  #stop(): void {
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#gatherTimer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
