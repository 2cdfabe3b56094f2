import { randomUUID } from 'node:crypto';
import { describeError } from '@bai/core';
import type { Container, ContainerExit, ContainerSpec, ContainerState, RunnerEndpoints } from '../port.js';
import { OutputTail } from './output-tail.js';

/** How much of a container's output is kept, in bytes. */
const LOG_BYTES = 1024 * 1024;
const KILLED = 128 + 9;

/** What a program of the in-memory runtime has to work with. */
export interface MemoryProgramContext {
  readonly spec: ContainerSpec;
  /** Aborts when the container is asked to end. */
  readonly stopRequested: AbortSignal;
  /**
   * Aborts when the container is killed. JavaScript can't be killed: the container counts as ended at this moment, and the program must
   * let go of everything without a wait.
   */
  readonly killed: AbortSignal;
  /** Adds to the container's log. */
  print(output: string | Uint8Array): void;
  /** Announces where the runner that the program plays listens: two ZeroMQ endpoints. */
  listen(endpoints: Pick<RunnerEndpoints, 'input' | 'output'>): void;
}

/** Stands in for the container's processes. Resolves to the exit status; a rejection is status 1 with its message in the log. */
export type MemoryProgram = (context: MemoryProgramContext) => Promise<number>;

/** One container of a {@link MemoryPlace}. */
export class MemoryContainer {
  readonly spec: ContainerSpec;
  readonly output = new OutputTail(LOG_BYTES);
  /** Resolves once the program has ended or was killed. */
  readonly ended: Promise<void>;
  /** Resolves to where the program listens. */
  readonly listening: Promise<Pick<RunnerEndpoints, 'input' | 'output'>>;
  readonly #containerId = randomUUID();
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  #state: ContainerState = 'created';
  #exit: ContainerExit | null = null;
  #end: () => void = () => {};
  #listen: (endpoints: Pick<RunnerEndpoints, 'input' | 'output'>) => void = () => {};

  constructor(spec: ContainerSpec) {
    this.spec = structuredClone(spec);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.listening = new Promise((resolve) => {
      this.#listen = resolve;
    });
  }

  get state(): ContainerState {
    return this.#state;
  }

  describe(): Container {
    return {
      kernelId: this.spec.kernelId,
      containerId: this.#containerId,
      image: this.spec.image,
      labels: { ...this.spec.labels },
      state: this.#state,
      exit: this.#exit,
      limits: { cpu: 'absent', memory: 'absent', processes: 'absent', scratch: 'absent' },
    };
  }

  start(program: MemoryProgram): void {
    this.#state = 'running';
    void this.#run(program);
  }

  requestStop(): void {
    this.#stop.abort(new Error('the container is to end'));
  }

  kill(): void {
    if (this.#state !== 'running') return;
    this.#settle(KILLED);
    this.#kill.abort(new Error('the container was killed'));
  }

  async #run(program: MemoryProgram): Promise<void> {
    try {
      this.#settle(await program(this.#context()));
    } catch (error) {
      this.#print(`${describeError(error)}\n`);
      this.#settle(1);
    }
  }

  #context(): MemoryProgramContext {
    return {
      spec: this.spec,
      stopRequested: this.#stop.signal,
      killed: this.#kill.signal,
      print: (output) => this.#print(output),
      listen: (endpoints) => this.#listen(endpoints),
    };
  }

  #print(output: string | Uint8Array): void {
    if (this.#state === 'running') this.output.append(Buffer.from(output));
  }

  #settle(code: number): void {
    if (this.#state !== 'running') return;
    this.#state = 'exited';
    this.#exit = { code, oomKilled: false };
    this.#end();
  }
}
