import type { Input } from '../cli/shell.js';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const isBackspace = (key: string) => key === '\u007f' || key === '\b';

/** Reads the standard input line by line, and nothing of it before somebody asks. */
export class InputLines implements AsyncDisposable {
  readonly #input: Input;
  #chunks: AsyncIterator<unknown> | undefined;
  #text = '';
  #ended = false;

  constructor(input: Input) {
    this.#input = input;
  }

  get isTerminal(): boolean {
    return this.#input.isTTY === true;
  }

  /** The next line without its end, or undefined at the end of the input. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) return this.#take(end).replace(/\r$/, '');
      if (!(await this.#more())) break;
    }
    return this.#text === '' ? undefined : this.#take(this.#text.length);
  }

  /** The next line; on a terminal it isn't shown while it is typed. @param onInterrupt called for Ctrl-C, which is a key then */
  async nextHidden(onInterrupt: () => void): Promise<string | undefined> {
    if (!this.isTerminal || this.#input.setRawMode === undefined) return this.next();
    this.#input.setRawMode(true);
    try {
      return await this.#typed(onInterrupt);
    } finally {
      this.#input.setRawMode(false);
    }
  }

  /** Stops reading, so that a waiting terminal doesn't keep the process alive. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#chunks === undefined) return;
    if (this.isTerminal) this.#input.setRawMode?.(false);
    this.#input.destroy();
  }

  async #typed(onInterrupt: () => void): Promise<string | undefined> {
    let line = '';
    for (;;) {
      const key = this.#text.slice(0, 1);
      this.#text = this.#text.slice(1);
      if (key === '\r' || key === '\n') return line;
      if (key === CTRL_C) onInterrupt();
      else if (key === CTRL_D || (key === '' && !(await this.#more()))) return line === '' ? undefined : line;
      else line = isBackspace(key) ? line.slice(0, -1) : line + key;
    }
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    this.#input.setEncoding('utf8');
    this.#chunks ??= this.#input[Symbol.asyncIterator]();
    const { done, value } = await this.#chunks.next();
    if (done === true) this.#ended = true;
    else this.#text += String(value);
    return !this.#ended;
  }

  #take(end: number): string {
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return line;
  }
}
