import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Child } from '../process/children.js';
import type { Environment } from '../process/environment.js';
import { interrupt } from '../process/interrupt.js';
import type { UserProcess } from '../process/user-output.js';
import type { Report } from '../report.js';
import type { TaskOpcode } from './task-queue.js';

const NOT_FOUND = 127;

export interface BatchOptions {
  readonly runtimeType: string;
  /** Interpreter of the default commands. */
  readonly runtimePath: string;
  readonly workDir: string;
  readonly environment: Environment;
  readonly spawn: (process: UserProcess) => Child;
  readonly report: Report;
}

/** The steps of batch mode: commands for the shell, or the runtime's defaults. @see spec/03 §6.3, §7 */
export class Batch {
  readonly #options: BatchOptions;
  #buildFailed = false;
  #child: Child | undefined;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /** Resolves with the step's exit code. `*` asks for the default, an empty command for nothing. */
  async run(step: Exclude<TaskOpcode, 'code'>, command: string): Promise<number> {
    if (step === 'exec' && this.#buildFailed) {
      this.#buildFailed = false;
      return NOT_FOUND;
    }
    const exitCode = await this.#perform(step, command);
    if (step === 'build') this.#buildFailed = exitCode !== 0;
    return exitCode;
  }

  interrupt(): void {
    const child = this.#child;
    if (child !== undefined) interrupt(child, () => this.#child === child);
  }

  async #perform(step: Exclude<TaskOpcode, 'code'>, command: string): Promise<number> {
    const line = command === '*' ? this.#standard(step) : command;
    if (typeof line === 'number') return line;
    return line === '' ? 0 : this.#shell(line, step === 'exec');
  }

  async #shell(line: string, isExec: boolean): Promise<number> {
    const { environment, spawn } = this.#options;
    const marked = isExec ? { ...environment, _BACKEND_BATCH_MODE: '1' } : environment;
    this.#child = spawn({ file: '/bin/sh', args: ['-c', line], environment: marked, extra: [] });
    try {
      return await this.#child.exited;
    } finally {
      this.#child = undefined;
    }
  }

  /** The runtime's default command, or the exit code where there's nothing to run. */
  #standard(step: Exclude<TaskOpcode, 'code'>): string | number {
    if (step === 'clean') return 0;
    if (step === 'build') return this.#standardBuild();
    const main = { python: 'main.py', nodejs: 'main.js', shell: 'main.sh' }[this.#options.runtimeType];
    if (main === undefined) return this.#nothing('exec');
    return this.#exists(main) ? `exec ${quote(this.#options.runtimePath)} ${main}` : NOT_FOUND;
  }

  #standardBuild(): string | number {
    if (this.#exists('Makefile')) return 'make';
    const { runtimeType, runtimePath } = this.#options;
    if (runtimeType !== 'python' || !this.#exists('setup.py')) return this.#nothing('build');
    return `exec ${quote(runtimePath)} -m pip install --user -e .`;
  }

  #nothing(step: string): number {
    this.#options.report(`nothing to do for the default ${step} command`);
    return 0;
  }

  #exists(name: string): boolean {
    return existsSync(join(this.#options.workDir, name));
  }
}

const quote = (path: string) => `'${path.replaceAll("'", "'\\''")}'`;
