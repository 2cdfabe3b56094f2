import { Duplex, type Writable } from 'node:stream';
import type { Child } from '../process/children.js';
import { interrupt } from '../process/interrupt.js';
import type { ChannelEvent, EventLines } from './channel-events.js';
import type { CompletionRequest, Session } from './driver.js';
import type { InputDesk } from './input-desk.js';

/** An interrupt that came before the code began is sent so long after it began: then the interpreter is inside of it. */
const EARLY_INTERRUPT_MS = 20;

/** How one of our own interpreter programs wants to be told things: lines without the last line's end. */
export interface ChannelDialect {
  /** `run` counts the session's runs from 1. */
  run(code: string, run: number): string;
  input(text: string): string;
  /** Said after an interrupt, where a signal alone is not enough. */
  afterInterrupt?(run: number): string;
  /** Undefined when the interpreter knows no completion. */
  complete(request: CompletionRequest): string | undefined;
}

interface ActiveRun {
  readonly finish: (exitCode: number) => void;
  started: boolean;
  interrupted: boolean;
}

/**
 * A session with one of our interpreter programs: commands on descriptor 3, events on 4, answers to questions on 5.
 */
export class ChannelSession implements Session {
  readonly exited: Promise<number>;
  readonly #child: Child;
  readonly #dialect: ChannelDialect;
  readonly #desk: InputDesk;
  readonly #commands: Writable;
  readonly #answers: Writable;
  #active: ActiveRun | undefined;
  #runs = 0;
  #completion: ((matches: readonly string[]) => void) | undefined;

  constructor(child: Child, events: EventLines, dialect: ChannelDialect, desk: InputDesk) {
    this.#child = child;
    this.#dialect = dialect;
    this.#desk = desk;
    this.#commands = channel(child, 3);
    this.#answers = channel(child, 5);
    this.exited = child.exited;
    events.listen((event) => this.#handle(event));
  }

  run(code: string): Promise<number> {
    return new Promise((finish) => {
      this.#active = { finish, started: false, interrupted: false };
      this.#runs += 1;
      this.#commands.write(`${this.#dialect.run(code, this.#runs)}\n`);
    });
  }

  interrupt(): void {
    const run = this.#active;
    if (run === undefined) return;
    run.interrupted = true;
    if (run.started) this.#signal(run);
  }

  /** While code runs nobody reads commands: no suggestions then. */
  complete(request: CompletionRequest): Promise<readonly string[]> {
    const line = this.#dialect.complete(request);
    if (line === undefined || this.#active !== undefined) return Promise.resolve([]);
    return new Promise((resolve) => {
      this.#completion?.([]);
      this.#completion = resolve;
      this.#commands.write(`${line}\n`);
    });
  }

  #handle(event: ChannelEvent): void {
    if (event.event === 'started') this.#started();
    else if (event.event === 'input') void this.#ask(event.isPassword);
    else if (event.event === 'done') this.#done(event.exitCode, event.run ?? this.#runs);
    else if (event.event === 'completion') this.#completion?.(event.matches);
  }

  #started(): void {
    const run = this.#active;
    if (run === undefined) return;
    run.started = true;
    if (!run.interrupted) return;
    setTimeout(() => {
      if (this.#active === run) this.#signal(run);
    }, EARLY_INTERRUPT_MS);
  }

  #signal(run: ActiveRun): void {
    interrupt(this.#child, () => this.#active === run);
    const more = this.#dialect.afterInterrupt?.(this.#runs);
    if (more !== undefined) this.#commands.write(`${more}\n`);
  }

  async #ask(isPassword: boolean): Promise<void> {
    const run = this.#active;
    const text = await this.#desk.ask(isPassword);
    if (run !== undefined && run === this.#active) this.#answers.write(`${this.#dialect.input(text)}\n`);
  }

  /** An end that was told twice, or by an earlier run, is no news. */
  #done(exitCode: number, run: number): void {
    if (run !== this.#runs) return;
    this.#active?.finish(exitCode);
    this.#active = undefined;
  }
}

/** The runner's end of an extra descriptor. A child that is gone makes writing fail: its exit tells the rest. */
export function channel(child: Child, descriptor: number): Duplex {
  const stream = child.process.stdio[descriptor];
  if (!(stream instanceof Duplex)) throw new TypeError(`descriptor ${descriptor} of the interpreter is no channel`);
  stream.on('error', () => stream.destroy());
  return stream;
}
