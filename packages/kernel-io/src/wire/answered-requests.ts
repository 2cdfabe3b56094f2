import { abortable, DeadlineError, type WaitOptions } from '@bai/core';
import { ANSWERS, type AnsweredOpcode } from '@bai/kernel-protocol';
import type { Frame } from './connection.js';

export interface AskOptions extends WaitOptions {
  /** True on our wire. */
  readonly tagged: boolean;
  readonly timeoutMs: number;
}

/** With less time than this nothing is asked any more; timers fire up to a millisecond early. */
const LEAST_MS = 2;

type Resolve = (payload: Buffer) => void;

/** The requests of one opcode on a wire without tags: one at a time, since answers are matched by order. */
interface Line {
  last: Promise<unknown>;
  resolve: Resolve | undefined;
  /** An earlier request got no answer in time: the next answer belongs to it. */
  owesAnswer: boolean;
}

/**
 * Requests that the runner answers outside of its log. With our extension each carries a tag that its answer repeats; upstream's wire has
 * only the order.
 */
export class AnsweredRequests {
  readonly #send: (...frames: Frame[]) => void;
  readonly #tagged = new Map<string, Resolve>();
  readonly #lines = new Map<string, Line>();
  readonly #rejects = new Set<(reason: unknown) => void>();
  #lastTag = 0;

  constructor(send: (...frames: Frame[]) => void) {
    this.#send = send;
  }

  /** @throws {DeadlineError} without an answer in time */
  ask(opcode: AnsweredOpcode, payload: Frame, options: AskOptions): Promise<Buffer> {
    return options.tagged ? this.#askTagged(opcode, payload, options) : this.#askInLine(opcode, payload, options);
  }

  /** Takes an answer; false when nobody waits for it. */
  answer(opcode: string, payload: Buffer, tag: Buffer | undefined): boolean {
    const line = tag === undefined ? this.#lines.get(opcode) : undefined;
    if (line?.owesAnswer) {
      line.owesAnswer = false;
      return false;
    }
    const resolve = tag === undefined ? line?.resolve : this.#tagged.get(tag.toString('latin1'));
    resolve?.(payload);
    return resolve !== undefined;
  }

  /** Rejects all that wait. */
  fail(reason: unknown): void {
    for (const reject of this.#rejects) reject(reason);
  }

  async #askTagged(opcode: AnsweredOpcode, payload: Frame, options: AskOptions): Promise<Buffer> {
    this.#lastTag += 1;
    const tag = String(this.#lastTag);
    try {
      return await this.#answerWithin(opcode, options, (resolve) => {
        this.#tagged.set(tag, resolve);
        this.#send(opcode, payload, tag);
      });
    } finally {
      this.#tagged.delete(tag);
    }
  }

  #askInLine(opcode: AnsweredOpcode, payload: Frame, options: AskOptions): Promise<Buffer> {
    const line = this.#lineOf(opcode);
    const startedAt = performance.now();
    const answer = line.last.then(async () => {
      // Those before this one began earlier, so their time was over no later than ours is.
      const leftMs = Math.max(0, options.timeoutMs - (performance.now() - startedAt));
      return await this.#askNow(line, opcode, payload, { ...options, timeoutMs: leftMs });
    });
    line.last = answer.catch(() => undefined);
    return answer;
  }

  async #askNow(line: Line, opcode: AnsweredOpcode, payload: Frame, options: AskOptions): Promise<Buffer> {
    const owed = line.owesAnswer;
    let sent = false;
    try {
      return await this.#answerWithin(opcode, options, (resolve) => {
        line.resolve = resolve;
        this.#send(opcode, payload);
        sent = true;
      });
    } catch (error) {
      // When an owed answer came meanwhile it was perhaps this one's: then the order is right again.
      if (sent && !owed) line.owesAnswer = true;
      throw error;
    } finally {
      line.resolve = undefined;
    }
  }

  #lineOf(opcode: AnsweredOpcode): Line {
    const key = ANSWERS[opcode];
    const line = this.#lines.get(key) ?? { last: Promise.resolve(), resolve: undefined, owesAnswer: false };
    this.#lines.set(key, line);
    return line;
  }

  async #answerWithin(
    opcode: string,
    { timeoutMs, signal }: AskOptions,
    send: (resolve: Resolve) => void,
  ): Promise<Buffer> {
    signal?.throwIfAborted();
    if (timeoutMs < LEAST_MS) throw new DeadlineError(`the turn of '${opcode}'`, timeoutMs);
    let stop = () => {};
    const answered = new Promise<Buffer>((resolve, reject) => {
      const late = () => reject(new DeadlineError(`the runner's answer to '${opcode}'`, timeoutMs));
      const timer = setTimeout(late, timeoutMs);
      stop = () => {
        clearTimeout(timer);
        this.#rejects.delete(reject);
      };
      this.#rejects.add(reject);
      send(resolve);
    });
    try {
      return await abortable(answered, signal);
    } finally {
      stop();
    }
  }
}
