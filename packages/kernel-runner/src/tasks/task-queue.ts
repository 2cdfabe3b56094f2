/** The queued kinds of work: steps of a batch, and code for query mode. @see spec/03 §5.2 */
export type TaskOpcode = 'clean' | 'build' | 'exec' | 'code';

export interface Task {
  readonly opcode: TaskOpcode;
  /** Empty for upstream's agents, which don't name their runs. */
  readonly runId: string;
  readonly text: string;
}

/** More than any agent queues; beyond it somebody floods the runner. */
const QUEUE_LIMIT = 4096;

/** Performs tasks strictly one after another. */
export class TaskQueue {
  readonly #perform: (task: Task) => Promise<void>;
  readonly #waiting: Task[] = [];
  #active: Task | undefined;

  /** `perform` never rejects. */
  constructor(perform: (task: Task) => Promise<void>) {
    this.#perform = perform;
  }

  get active(): Task | undefined {
    return this.#active;
  }

  /** Ids of the runs that wait, in order, without the one at work. */
  get queuedRuns(): readonly string[] {
    const ids = new Set(this.#waiting.map((task) => task.runId));
    ids.delete('');
    ids.delete(this.#active?.runId ?? '');
    return [...ids];
  }

  /** A task that is queued or at work already isn't done twice: an agent that lost its connection asks again. */
  submit(task: Task): 'accepted' | 'known' | 'full' {
    const same = (other: Task | undefined) => other?.runId === task.runId && other.opcode === task.opcode;
    if (task.runId !== '' && (same(this.#active) || this.#waiting.some(same))) return 'known';
    if (this.#waiting.length >= QUEUE_LIMIT) return 'full';
    this.#waiting.push(task);
    if (this.#active === undefined) void this.#work();
    return 'accepted';
  }

  async #work(): Promise<void> {
    for (let task = this.#waiting.shift(); task !== undefined; task = this.#waiting.shift()) {
      this.#active = task;
      await this.#perform(task);
      this.#active = undefined;
    }
  }
}
