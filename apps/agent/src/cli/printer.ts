import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { abortable, errorCode } from '@bai/core';
import { BrokenPipe } from './endings.js';
import type { Shell } from './shell.js';

/** Writes for people, or one JSON value per line for programs. Waits while the reader is slow. */
export class Printer implements Disposable {
  readonly json: boolean;
  readonly #shell: Shell;
  readonly #gone = new AbortController();
  readonly #onStdoutError = (error: unknown) => this.#lost(error);
  readonly #onStderrError = () => {};

  constructor(shell: Shell, json: boolean) {
    this.json = json;
    this.#shell = shell;
    shell.stdout.on('error', this.#onStdoutError);
    // Nobody is left to be told that nobody reads the messages.
    shell.stderr.on('error', this.#onStderrError);
  }

  /** Aborts when nobody reads the standard output any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Writes to the standard output as it is. @throws {BrokenPipe} */
  out(text: string): Promise<void> {
    return this.#write(this.#shell.stdout, text);
  }

  /** Writes to the standard error as it is. */
  err(text: string): Promise<void> {
    return this.#write(this.#shell.stderr, text);
  }

  /** One line for people on the standard output; nothing under `--json`. */
  async line(text = ''): Promise<void> {
    if (!this.json) await this.out(`${text}\n`);
  }

  /** One line for people on the standard error; nothing under `--json`. */
  async note(text: string): Promise<void> {
    if (!this.json) await this.err(`${text}\n`);
  }

  /** One value for programs; nothing without `--json`. */
  async value(value: unknown): Promise<void> {
    if (this.json) await this.out(`${JSON.stringify(value, plain)}\n`);
  }

  [Symbol.dispose](): void {
    this.#shell.stdout.off('error', this.#onStdoutError);
    this.#shell.stderr.off('error', this.#onStderrError);
  }

  async #write(stream: Writable, text: string): Promise<void> {
    this.#gone.signal.throwIfAborted();
    if (text === '' || stream.write(text) || stream.destroyed) return;
    await abortable(once(stream, 'drain'), this.#gone.signal);
  }

  #lost(error: unknown): void {
    const isPipe = errorCode(error) === 'EPIPE' || errorCode(error) === 'ERR_STREAM_DESTROYED';
    this.#gone.abort(isPipe ? new BrokenPipe() : error);
  }
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
