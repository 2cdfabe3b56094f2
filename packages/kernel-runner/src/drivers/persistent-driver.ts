import { messageOf } from '../errors.js';
import type { CompletionRequest, Driver, DriverHost, Session } from './driver.js';
import { InputDesk } from './input-desk.js';

const COMPLETION_MS = 5000;

/** Opens an interpreter. Rejects with an {@link InterpreterError} when it can't be had. */
export type OpenSession = (host: DriverHost, desk: InputDesk) => Promise<Session>;

/** There's no interpreter to run code with. */
export class InterpreterError extends Error {
  /** What the run ends with. */
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InterpreterError';
    this.exitCode = exitCode;
  }
}

/** Keeps one interpreter alive between runs, and starts a new one after it died. */
export class PersistentDriver implements Driver {
  readonly #open: OpenSession;
  readonly #host: DriverHost;
  readonly #desk: InputDesk;
  #opening: Promise<Session> | undefined;
  #running: { session: Session | undefined; interrupted: boolean } | undefined;

  constructor(open: OpenSession, host: DriverHost) {
    this.#open = open;
    this.#host = host;
    this.#desk = new InputDesk(host);
  }

  start(): void {
    this.#session().catch((error: unknown) => this.#host.report(`no interpreter yet: ${messageOf(error)}`));
  }

  async run(code: string): Promise<number> {
    const running: { session: Session | undefined; interrupted: boolean } = { session: undefined, interrupted: false };
    this.#running = running;
    try {
      const session = await this.#session();
      running.session = session;
      const outcome = Promise.race([session.run(code), session.exited]);
      if (running.interrupted) session.interrupt();
      return await outcome;
    } catch (error) {
      this.#host.emit('stderr', Buffer.from(`${messageOf(error)}\n`));
      return error instanceof InterpreterError ? error.exitCode : -1;
    } finally {
      this.#running = undefined;
      this.#desk.reset();
    }
  }

  interrupt(): void {
    const running = this.#running;
    if (running === undefined) return;
    running.interrupted = true;
    running.session?.interrupt();
  }

  input(text: string): void {
    this.#desk.offer(text);
  }

  async complete(request: CompletionRequest): Promise<readonly string[]> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<readonly string[]>((resolve) => {
      timer = setTimeout(resolve, COMPLETION_MS, []);
    });
    try {
      const session = await Promise.race([this.#session(), tooLate]);
      return 'run' in session ? await Promise.race([session.complete(request), tooLate]) : session;
    } catch (error) {
      this.#host.report(`no completion: ${messageOf(error)}`);
      return [];
    } finally {
      clearTimeout(timer);
    }
  }

  #session(): Promise<Session> {
    this.#opening ??= this.#openOnce();
    return this.#opening;
  }

  /** A session is forgotten when it ends or couldn't be opened: the next use opens another. */
  #openOnce(): Promise<Session> {
    const opening = this.#open(this.#host, this.#desk);
    const forget = () => {
      if (this.#opening === opening) this.#opening = undefined;
    };
    opening.then((session) => session.exited.then(forget), forget);
    return opening;
  }
}
