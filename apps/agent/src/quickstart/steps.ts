import type { Printer } from '../cli/printer.js';

/** Tells what is being done, shows what programs print meanwhile, and how long it took. */
export class Steps {
  readonly #printer: Printer;
  readonly #start = performance.now();
  #number = 0;
  #atLineStart = true;

  constructor(printer: Printer) {
    this.#printer = printer;
  }

  /** A step of one line: what, then its time. */
  async run<T>(what: string, work: () => Promise<T>): Promise<T> {
    const start = await this.#begin(what, ' ... ');
    const result = await work();
    await this.#end(what, start, '');
    return result;
  }

  /** A step with output of its own between its line and its time. */
  async show<T>(what: string, work: () => Promise<T>): Promise<T> {
    const start = await this.#begin(what, ':\n');
    const result = await work();
    if (!this.#atLineStart) await this.#text('\n');
    this.#atLineStart = true;
    await this.#end(what, start, '   took ');
    return result;
  }

  /** What a program printed: shown at once, set apart by a bar. */
  async output(text: string): Promise<void> {
    await this.#printer.value({ type: 'output', text });
    if (text === '') return;
    const lead = this.#atLineStart ? '   | ' : '';
    this.#atLineStart = text.endsWith('\n');
    const inner = this.#atLineStart ? text.slice(0, -1) : text;
    await this.#text(`${lead}${inner.replaceAll('\n', '\n   | ')}${this.#atLineStart ? '\n' : ''}`);
  }

  async total(): Promise<void> {
    await this.#printer.line(`Done in ${seconds(this.#start)}; nothing is left behind.`);
  }

  async #begin(what: string, end: string): Promise<number> {
    this.#number += 1;
    await this.#text(`${this.#number}. ${what}${end}`);
    return performance.now();
  }

  async #end(what: string, start: number, before: string): Promise<void> {
    await this.#printer.value({ type: 'step', what, ms: Math.round(performance.now() - start) });
    await this.#printer.line(`${before}${seconds(start)}`);
  }

  async #text(text: string): Promise<void> {
    if (!this.#printer.json) await this.#printer.out(text);
  }
}

const seconds = (start: number): string => `${((performance.now() - start) / 1000).toFixed(2)} s`;
