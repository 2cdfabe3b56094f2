import { PassThrough, Writable } from 'node:stream';
import { poll } from '@bai/core';
import type { Input, Shell, StopSignal } from '../cli/shell.js';

/** A terminal window without a terminal: keeps what is printed, and is fed with keys and signals. */
export class FakeShell implements Shell {
  readonly stdin: Input & PassThrough = new PassThrough();
  readonly stdout = new Screen();
  readonly stderr = new Screen();
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly #listeners = new Map<StopSignal, Set<() => void>>();

  constructor({ env = {}, cwd = '/' }: { readonly env?: Record<string, string>; readonly cwd?: string } = {}) {
    this.env = env;
    this.cwd = cwd;
  }

  onSignal(name: StopSignal, listener: () => void): Disposable {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  /** Sends a signal. @throws when nobody listens: the real process would have died of it */
  signal(name: StopSignal): void {
    const listeners = [...(this.#listeners.get(name) ?? [])];
    if (listeners.length === 0) throw new Error(`nobody handles ${name}`);
    for (const listener of listeners) listener();
  }

  /** How many signal handlers are left. */
  get handlers(): number {
    return [...this.#listeners.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }
}

/** Keeps what is written. */
export class Screen extends Writable {
  text = '';
  #brokenAt = Number.POSITIVE_INFINITY;

  /** From now on nobody reads. */
  break(): void {
    this.#brokenAt = 0;
  }

  /** Waits until the text has come. */
  async shows(text: string): Promise<void> {
    await poll(`${JSON.stringify(text)} on the screen`, { timeoutMs: 5000, intervalMs: 5 }, () => {
      return this.text.includes(text) || undefined;
    });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (this.text.length >= this.#brokenAt) {
      callback(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return;
    }
    this.text += chunk.toString('utf8');
    callback();
  }
}
