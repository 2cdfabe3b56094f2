import { closeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OutputLog, OutputOpcode } from '../log/output-log.js';
import type { Child, Children } from './children.js';
import { Collector } from './collector.js';
import type { Environment } from './environment.js';
import { makePipes, type Pipe } from './pipe.js';

/** More than a pipe and the stream behind it can hold: what comes later was written after the wait began. */
const DRAIN_LIMIT_BYTES = 2 * 1024 * 1024;

export interface UserProcess {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Environment;
  /** `pipe` for each further descriptor, from 3 on. */
  readonly extra: readonly 'pipe'[];
}

/**
 * The stdout and stderr of everything that runs for the user. All children share one pair of pipes: what arrives belongs to the run at
 * work, whoever wrote it.
 */
export class UserOutput {
  readonly #log: OutputLog;
  readonly #children: Children;
  readonly #cwd: string;
  readonly #runId: () => string;
  readonly #pipes: readonly [Pipe, Pipe] | undefined;
  readonly #collectors = new Set<Collector>();

  static async open(log: OutputLog, children: Children, cwd: string, runId: () => string): Promise<UserOutput> {
    return new UserOutput(log, children, cwd, runId, await makePipes());
  }

  /** Without `pipes` each child gets sockets of its own. */
  constructor(
    log: OutputLog,
    children: Children,
    cwd: string,
    runId: () => string,
    pipes: readonly [Pipe, Pipe] | undefined,
  ) {
    this.#log = log;
    this.#children = children;
    this.#cwd = cwd;
    this.#runId = runId;
    this.#pipes = pipes;
    if (pipes === undefined) return;
    this.#collect(pipes[0].reader, 'stdout');
    this.#collect(pipes[1].reader, 'stderr');
  }

  /** Starts a process whose stdin is empty and whose output goes to the log. */
  spawn(wanted: UserProcess): Child {
    const writers = this.#pipes?.map((pipe) => pipe.openWriter()) ?? [];
    const output = this.#pipes === undefined ? (['pipe', 'pipe'] as const) : writers;
    try {
      const stdio = ['ignore', ...output, ...wanted.extra] as const;
      const child = this.#children.spawn({ ...wanted, cwd: this.#cwd, stdio: [...stdio] });
      if (this.#pipes === undefined) this.#collectFrom(child);
      return child;
    } finally {
      for (const fd of writers) closeSync(fd);
    }
  }

  /**
   * Resolves when everything that was written to the pipes before this call is in the log: the system has it in the pipes already, so
   * one whole poll of the event loop that brings nothing proves them empty.
   */
  async drained(): Promise<void> {
    const before = this.#bytes();
    for (let seen = -1; seen !== this.#bytes() && seen - before < DRAIN_LIMIT_BYTES; ) {
      seen = this.#bytes();
      await nextTurn();
      await nextTurn();
      await Promise.all([...this.#collectors].map((collector) => collector.blocked));
    }
  }

  #bytes(): number {
    let bytes = 0;
    for (const collector of this.#collectors) bytes += collector.bytes;
    return bytes;
  }

  #collect(stream: Readable, opcode: OutputOpcode): void {
    const collector = new Collector(stream, opcode, this.#log, this.#runId);
    this.#collectors.add(collector);
    stream.once('close', () => this.#collectors.delete(collector));
  }

  #collectFrom(child: Child): void {
    const { stdout, stderr } = child.process;
    if (stdout !== null) this.#collect(stdout, 'stdout');
    if (stderr !== null) this.#collect(stderr, 'stderr');
  }
}
