import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { poll, withDeadline } from '@bai/core';
import { build } from '../../scripts/build.mjs';

const MAIN = resolve(import.meta.dirname, '../../apps/agent/dist/main.js');

/** Builds the binary if it is older than its sources. */
export const buildBinary = (): Promise<void> => build(process.stderr);

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input, which then ends. */
  readonly input?: string;
}

/** The built `bai-agent` as a process of its own, as somebody types it. */
export class Command implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], { cwd, env, input }: CommandOptions = {}) {
    this.#child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, ...env } });
    this.#ended = once(this.#child, 'close');
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // The command may end without reading all of it.
    this.#child.stdin.on('error', () => {});
    if (input !== undefined) this.#child.stdin.end(input);
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  /** Waits until the text stands in its output. Fails at once when the command ends without it. */
  async shows(text: string): Promise<void> {
    await poll(`${JSON.stringify(text)} in the output`, { timeoutMs: 30_000, intervalMs: 10 }, () => {
      if (this.stdout.includes(text) || this.stderr.includes(text)) return true;
      if (this.#child.exitCode === null && this.#child.signalCode === null) return undefined;
      throw new Error(
        `ended with ${this.#child.exitCode} before ${JSON.stringify(text)}:\n${this.stdout}${this.stderr}`,
      );
    });
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** From now on nobody reads its standard output, as after `| head -1`. */
  stopReading(): void {
    this.#child.stdout.destroy();
  }

  /** Its exit status, or the name of the signal that ended it. */
  async exit(): Promise<number | string | null> {
    await withDeadline('end of the command', 40_000, undefined, () => this.#ended);
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Runs a command to its end. */
export async function bai(args: readonly string[], options: CommandOptions = {}) {
  await using command = new Command(args, { input: '', ...options });
  const exit = await command.exit();
  return { exit, stdout: command.stdout, stderr: command.stderr };
}

/** A folder of a test's own, which goes away with its content. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'cli-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Why kernels can't be made on this machine, or undefined. */
export async function sandboxProblem(): Promise<string | undefined> {
  const { exit, stderr } = await bai(['run', '--image', 'host/shell', '-c', 'true']);
  return exit === 0 ? undefined : `no kernel can be made here: ${stderr.split('\n')[0]}`;
}
