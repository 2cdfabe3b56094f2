import type { KernelId } from '@bai/core';
import type { ContainerRuntime, RunnerFolder } from '../port.js';

/**
 * What a container of the suite does. Those that go on create `/home/work/up` once they are ready to be stopped.
 *
 * | Behaviour | The first process |
 * |---|---|
 * | `exit:N` | ends at once with status N |
 * | `kill:N` | ends at once by signal N |
 * | `wait` | runs until it is asked to end (status 0) or `/home/work/go` appears (its content is the status) |
 * | `stubborn` | creates `/home/work/asked` when it is asked to end, and goes on |
 * | `print:N` | prints `line 1` to `line N` on stdout, then waits |
 * | `flood` | prints 4 MiB on one line and the line `the end`, then waits |
 * | `family` | opens the pipe `/home/work/alive`, starts a child of another session that holds it too and is stubborn, then waits |
 * | `listen` | listens where the runtime tells the runner to listen, then waits |
 * | `serve:N` | answers `hello` to each connection on TCP port N, then waits |
 * | `report` | prints one line of JSON on what it sees ({@link InsideReport}), then ends with 0 |
 * | `missing` | doesn't exist: the command names no program |
 */
export type Behaviour =
  | `exit:${number}`
  | `kill:${number}`
  | 'wait'
  | 'stubborn'
  | `print:${number}`
  | 'flood'
  | 'family'
  | 'listen'
  | `serve:${number}`
  | 'report'
  | 'missing';

/** What a `report` container prints. `read` is null for what it can't read. */
export interface InsideReport {
  readonly hostname: string;
  readonly places: Readonly<Record<string, { readonly read: string | null; readonly writable: boolean }>>;
}

/** The folders that a `report` container looks into; each holds a file `probe`. */
export const REPORTED_PLACES = ['/home/config', '/home/work', '/home/work/data-ro', '/home/work/data-rw'] as const;

/** One fixed place for containers, made for one test. Disposing it takes the place away. */
export interface RuntimeHarness extends AsyncDisposable {
  /** Opens a runtime over the place. Called again while older objects are still there, as if a new process took over. */
  open(): Promise<ContainerRuntime>;
  /** Canonical name of an image that {@link ContainerRuntime.images} lists. */
  readonly image: string;
  /**
   * A folder whose command plays the behaviour. The suite appends nothing to it; the runtime appends the runner's arguments.
   * {@link scriptedRunner} makes such folders for every runtime that runs real processes.
   */
  program(behaviour: Behaviour): RunnerFolder;
  /** What can be seen of a container without asking the runtime: processes, mounts, files, cgroups. Empty after `remove`. */
  traces(kernelId: KernelId): Promise<readonly string[]>;
}

export type RuntimeSetup = () => Promise<RuntimeHarness>;

export interface RuntimeSuiteOptions {
  /** Why the suite can't run on this machine; it then prints the reason and runs nothing. */
  readonly unavailable?: string | undefined;
  /** For each test, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number;
}
