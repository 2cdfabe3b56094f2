import type { KernelSession } from '@bai/agent-runtime';
import { describeError, TaskGroup } from '@bai/core';
import { EXIT, Interrupted } from '../cli/endings.js';
import type { Printer } from '../cli/printer.js';
import type { Shell } from '../cli/shell.js';

/** A second Ctrl-C within this time ends the kernel. */
const AGAIN_MS = 3_000;

/**
 * What Ctrl-C means while code runs: once interrupts the code, twice in a row ends the kernel. Before there is a kernel, once ends
 * the command. SIGTERM and SIGHUP always end it.
 */
export class InterruptKeys implements AsyncDisposable {
  readonly #ending: AbortController;
  readonly #tasks: TaskGroup;
  readonly #handlers: readonly Disposable[];
  #interrupt = new AbortController();
  #session: KernelSession | undefined;
  #printer: Printer | undefined;
  #lastPress = Number.NEGATIVE_INFINITY;
  #kill = false;

  constructor(shell: Shell, ending: AbortController) {
    this.#ending = ending;
    this.#tasks = new TaskGroup((error) => void this.#printer?.note(`[could not interrupt: ${describeError(error)}]`));
    this.#handlers = [
      shell.onSignal('SIGINT', () => this.press()),
      shell.onSignal('SIGTERM', () => ending.abort(new Interrupted(EXIT.terminated))),
      shell.onSignal('SIGHUP', () => ending.abort(new Interrupted(EXIT.terminated))),
    ];
  }

  /** Whether the kernel is to end, even one that was there before. */
  get kill(): boolean {
    return this.#kill;
  }

  get session(): KernelSession | undefined {
    return this.#session;
  }

  /** From now on the first key goes to the code of this kernel. */
  watch(session: KernelSession, printer: Printer): void {
    this.#session = session;
    this.#printer = printer;
  }

  /** Aborts at the next key: an open question is void then. */
  get interrupted(): AbortSignal {
    return this.#interrupt.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handler of this.#handlers) handler[Symbol.dispose]();
    await this.#tasks[Symbol.asyncDispose]();
  }

  /** Ctrl-C, as a signal or as a key. */
  press(): void {
    const now = performance.now();
    const isAgain = now - this.#lastPress < AGAIN_MS;
    this.#lastPress = now;
    const session = this.#session;
    if (session === undefined || isAgain) {
      this.#kill = isAgain;
      this.#ending.abort(new Interrupted());
      return;
    }
    const open = this.#interrupt;
    this.#interrupt = new AbortController();
    open.abort(new Interrupted());
    this.#tasks.run('interrupt', async () => {
      await this.#printer?.note(`\n[interrupted: Ctrl-C again within ${AGAIN_MS / 1000} s ends the kernel]`);
      await session.interrupt();
    });
  }
}
