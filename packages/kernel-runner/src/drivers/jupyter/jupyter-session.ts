import type { Dealer, Subscriber } from 'zeromq';
import { messageOf } from '../../errors.js';
import type { Child } from '../../process/children.js';
import { channel } from '../channel-session.js';
import type { CompletionRequest, DriverHost, Session } from '../driver.js';
import type { InputDesk } from '../input-desk.js';
import { InterpreterError } from '../persistent-driver.js';
import { JupyterConnection } from './connection.js';
import { displayRecord, errorOutcome } from './display.js';
import { type Fields, isFields, type JupyterMessage, MessageCodec, text } from './messages.js';

const READY_MS = 60_000;
const PROBE_MS = 250;
/**
 * A run's reply and its final idle take different ways. After one of them, silence of so long means that the other won't come: IOPub
 * loses messages under a flood, and an interrupt can hit ipykernel outside of the code, which costs the reply.
 */
const LOST_END_MS = 3000;
/** An interrupt that came before the code began is sent so long after it began: then ipykernel is inside of it. */
const EARLY_INTERRUPT_MS = 20;
/** Output and questions come over two sockets: a question waits so long for output that was sent before it. */
const QUESTION_MS = 10;

interface ActiveRun {
  readonly id: string;
  readonly finish: (exitCode: number) => void;
  exitCode: number;
  started: boolean;
  interrupted: boolean;
  replied: boolean;
  idle: boolean;
  /** The code told ipykernel to end (`exit`): the run ends with the process, so that the next one doesn't go to it. */
  leaves: boolean;
  lostEnd: NodeJS.Timeout | undefined;
}

/** A session with an ipykernel. @see spec/03 §6.4 */
export class JupyterSession implements Session {
  readonly exited: Promise<number>;
  readonly #child: Child;
  readonly #host: DriverHost;
  readonly #desk: InputDesk;
  readonly #connection = new JupyterConnection();
  readonly #codec = new MessageCodec(this.#connection.key);
  readonly #replies = new Map<string, (content: Fields) => void>();
  readonly #queues = new Map<Dealer, string[][]>();
  #active: ActiveRun | undefined;
  #heard = () => {};

  /** @throws {InterpreterError} when the kernel ends or doesn't get ready within 60 s. */
  static async open(child: Child, host: DriverHost, desk: InputDesk): Promise<JupyterSession> {
    const session = new JupyterSession(child, host, desk);
    try {
      await session.#becomeReady();
      return session;
    } catch (error) {
      session.#connection[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(child: Child, host: DriverHost, desk: InputDesk) {
    this.#child = child;
    this.#host = host;
    this.#desk = desk;
    this.exited = child.exited.finally(() => this.#connection[Symbol.dispose]());
    channel(child, 3).write(`jupyter ${Buffer.from(this.#connection.file).toString('base64')}\n`);
    void this.#listen(this.#connection.shell, (message) => this.#onReply(message));
    void this.#listen(this.#connection.iopub, (message) => this.#onPublished(message));
    void this.#listen(this.#connection.stdin, (message) => void this.#onQuestion(message));
  }

  run(code: string): Promise<number> {
    const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: true };
    const { id, frames } = this.#codec.encode('execute_request', { ...content, stop_on_error: true });
    return new Promise((finish) => {
      const state = {
        started: false,
        interrupted: false,
        replied: false,
        idle: false,
        leaves: false,
        lostEnd: undefined,
      };
      this.#active = { id, finish, exitCode: 0, ...state };
      this.#send(this.#connection.shell, frames);
    });
  }

  interrupt(): void {
    const run = this.#active;
    if (run === undefined) return;
    run.interrupted = true;
    if (run.started) this.#child.signal('SIGINT');
  }

  async complete(request: CompletionRequest): Promise<readonly string[]> {
    // Jupyter counts Unicode characters.
    const position = [...request.code.slice(0, request.position)].length;
    const content = await this.#ask('complete_request', { code: request.code, cursor_pos: position });
    return Array.isArray(content['matches']) ? content['matches'].map(String) : [];
  }

  /** Ready is when the kernel answers on shell and its IOPub reaches us: a subscription takes effect late. */
  async #becomeReady(): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      this.#heard = resolve;
    });
    const exited = this.exited.then((code) => {
      throw new InterpreterError(code, `ipykernel ended with ${code} while it started`);
    });
    const probe = setInterval(() => void this.#ask('kernel_info_request', {}), PROBE_MS);
    let deadline: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      const error = new InterpreterError(-1, `ipykernel was not ready within ${READY_MS / 1000} s`);
      deadline = setTimeout(() => reject(error), READY_MS);
    });
    try {
      const answered = this.#ask('kernel_info_request', {});
      await Promise.race([Promise.all([answered, heard]), exited, tooLate]);
    } finally {
      clearInterval(probe);
      clearTimeout(deadline);
    }
  }

  #ask(type: string, content: Fields): Promise<Fields> {
    const { id, frames } = this.#codec.encode(type, content);
    return new Promise((resolve) => {
      this.#replies.set(id, resolve);
      this.#send(this.#connection.shell, frames);
    });
  }

  async #listen(socket: Dealer | Subscriber, handle: (message: JupyterMessage) => void): Promise<void> {
    try {
      for await (const frames of socket) this.#read(frames, handle);
    } catch (error) {
      if (!socket.closed) this.#host.report(`the connection to ipykernel broke: ${messageOf(error)}`);
    }
  }

  #read(frames: readonly Buffer[], handle: (message: JupyterMessage) => void): void {
    let message: JupyterMessage;
    try {
      message = this.#codec.decode(frames);
    } catch (error) {
      this.#host.report(`a message of ipykernel was dropped: ${messageOf(error)}`);
      return;
    }
    handle(message);
  }

  /** One message at a time: a second `send` of zeromq must not begin before the first one ended. */
  #send(socket: Dealer, frames: string[]): void {
    const waiting = this.#queues.get(socket);
    if (waiting !== undefined) {
      waiting.push(frames);
      return;
    }
    const queue = [frames];
    this.#queues.set(socket, queue);
    void this.#drain(socket, queue);
  }

  async #drain(socket: Dealer, queue: string[][]): Promise<void> {
    try {
      for (let frames = queue.shift(); frames !== undefined; frames = queue.shift()) await socket.send(frames);
    } catch (error) {
      if (!socket.closed) this.#host.report(`ipykernel can't be reached: ${messageOf(error)}`);
    } finally {
      this.#queues.delete(socket);
    }
  }

  #onReply(message: JupyterMessage): void {
    this.#replies.get(message.parentId)?.(message.content);
    this.#replies.delete(message.parentId);
    const run = this.#active;
    if (run === undefined || message.parentId !== run.id || message.type !== 'execute_reply') return;
    run.replied = true;
    run.leaves = asksToEnd(message.content['payload']);
    if (message.content['status'] === 'aborted') run.exitCode = 1;
    this.#settle(run);
  }

  #onPublished(message: JupyterMessage): void {
    this.#heard();
    const run = this.#active;
    if (run !== undefined && message.parentId === run.id) this.#onRunMessage(run, message);
    else this.#onOutput(message);
    if (run !== undefined && run === this.#active && (run.replied || run.idle)) this.#settle(run);
  }

  #onRunMessage(run: ActiveRun, message: JupyterMessage): void {
    if (message.type === 'execute_input') this.#onStarted(run);
    else if (message.type === 'status') run.idle = message.content['execution_state'] === 'idle';
    else if (message.type === 'error') this.#onError(run, message.content);
    else this.#onOutput(message);
  }

  #onStarted(run: ActiveRun): void {
    run.started = true;
    if (!run.interrupted) return;
    setTimeout(() => {
      if (run === this.#active) this.#child.signal('SIGINT');
    }, EARLY_INTERRUPT_MS);
  }

  #onError(run: ActiveRun, content: Fields): void {
    const { traceback, exitCode } = errorOutcome(content);
    run.exitCode = exitCode;
    this.#host.emit('stderr', Buffer.from(traceback));
  }

  /** Output of threads has the id of an older run as its parent, or none. */
  #onOutput(message: JupyterMessage): void {
    const { type, content } = message;
    if (type === 'stream') {
      this.#host.emit(content['name'] === 'stderr' ? 'stderr' : 'stdout', Buffer.from(text(content['text'])));
    } else if (type === 'execute_result' || type === 'display_data') {
      const record = displayRecord(content);
      if (record !== undefined) this.#host.emit(record.opcode, record.payload);
    }
  }

  async #onQuestion(message: JupyterMessage): Promise<void> {
    const run = this.#active;
    if (message.type !== 'input_request' || run === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, QUESTION_MS));
    const prompt = text(message.content['prompt']);
    if (prompt !== '') this.#host.emit('stdout', Buffer.from(prompt));
    const value = await this.#desk.ask(message.content['password'] === true);
    if (run !== this.#active) return;
    this.#send(this.#connection.stdin, this.#codec.encode('input_reply', { value }, message.header).frames);
  }

  /** A run is over when both its reply and its idle have come, or else with the process. */
  #settle(run: ActiveRun): void {
    clearTimeout(run.lostEnd);
    if (run.idle && run.replied && !run.leaves) {
      this.#finish(run);
      return;
    }
    run.lostEnd = setTimeout(() => {
      if (run !== this.#active) return;
      this.#host.report(whatIsMissing(run));
      if (!run.replied) run.exitCode = 1;
      this.#finish(run);
    }, LOST_END_MS);
  }

  #finish(run: ActiveRun): void {
    this.#active = undefined;
    run.finish(run.exitCode);
  }
}

function whatIsMissing(run: ActiveRun): string {
  if (run.leaves && run.idle) return 'ipykernel was told to end and goes on';
  return `ipykernel never sent the ${run.replied ? 'final idle' : 'reply'} of a run`;
}

/** `exit` and `quit` come back as a payload of the reply; the process ends a moment later. */
function asksToEnd(payload: unknown): boolean {
  if (!Array.isArray(payload)) return false;
  return payload.some(
    (item: unknown) => isFields(item) && item['source'] === 'ask_exit' && item['keepkernel'] !== true,
  );
}
