import { encodeWaitingInput } from '@bai/kernel-protocol';
import type { DriverHost } from './driver.js';

/** Input that came before code asked for it. */
const EARLY_LIMIT = 100;

interface Question {
  readonly isPassword: boolean;
  readonly answer: (text: string) => void;
}

/** Brings questions of the user's code to the agent, one at a time, and the answers back. */
export class InputDesk {
  readonly #host: DriverHost;
  #questions: Question[] = [];
  #early: string[] = [];

  constructor(host: DriverHost) {
    this.#host = host;
  }

  /** Asks once all output before the question is out. Resolves with the text; never after {@link reset}. */
  async ask(isPassword: boolean): Promise<string> {
    await this.#host.drained();
    return new Promise((answer) => {
      this.#questions.push({ isPassword, answer });
      if (this.#questions.length === 1) this.#put();
    });
  }

  /** An answer. One that nobody asked for yet waits for the question. */
  offer(text: string): void {
    const question = this.#questions.shift();
    if (question === undefined) {
      if (this.#early.length < EARLY_LIMIT) this.#early.push(text);
      return;
    }
    question.answer(text);
    this.#put();
  }

  /** The run is over: its questions and left-over answers are void. */
  reset(): void {
    this.#questions = [];
    this.#early = [];
  }

  #put(): void {
    const question = this.#questions[0];
    if (question === undefined) return;
    this.#host.emit('waiting-input', encodeWaitingInput({ isPassword: question.isPassword }));
    const early = this.#early.shift();
    if (early !== undefined) this.offer(early);
  }
}
