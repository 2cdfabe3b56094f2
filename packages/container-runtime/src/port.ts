import type { Enforcement, MountSpec } from '@bai/agent-api';
import type { KernelId, WaitOptions } from '@bai/core';

/** What the agent wants to run. Plain data: a runtime may write it to disk. */
export interface ContainerSpec {
  readonly kernelId: KernelId;
  /** Canonical image name, as {@link ContainerRuntime.images} lists it. */
  readonly image: string;
  readonly hostname: string;
  /** Labels that {@link ContainerRuntime.list} gives back, so that an agent knows its own after a restart. */
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Environment of the kernel's own processes as the manager and the agent want it. It is written to `environ.txt` by the agent; a
   * runtime adds it to the container only where programs of the image need it before the runner starts.
   */
  readonly environ: Readonly<Record<string, string>>;
  /** Host folders that become `/home/config` (read-only) and `/home/work`. They exist. */
  readonly configDir: string;
  readonly workDir: string;
  readonly mounts: readonly MountSpec[];
  /** The program inside. */
  readonly runner: RunnerPlacement;
  readonly limits: ContainerLimits;
  /** User of the kernel's processes, or undefined for the runtime's choice. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  readonly ports: readonly { readonly container: number; readonly host: number }[];
}

export interface ContainerLimits {
  /** CPU time in cores; fractions are allowed. */
  readonly cpus: number | undefined;
  /** CPUs to run on, as `0-1,4`. */
  readonly cpuset: string | undefined;
  readonly memoryBytes: number | undefined;
  readonly processes: number | undefined;
  readonly shmemBytes: number | undefined;
}

/** The delivered runner and what to tell it. The runtime chooses the sockets and the spool file and adds them. */
export interface RunnerPlacement {
  readonly folder: RunnerFolder;
  readonly runtimeType: string;
  /** Interpreter inside the container; undefined lets the runtime take the one that the image names. */
  readonly runtimePath: string | undefined;
  readonly spoolBytes: number;
}

/** An immutable folder that holds the runner, its Node.js and its loader, named by content. */
export interface RunnerFolder {
  /** Absolute path on the host. */
  readonly hostPath: string;
  /** Where it must appear in the container. */
  readonly mountPoint: string;
  /** Command line up to and including the runner's script, with paths below `mountPoint`. */
  readonly command: readonly string[];
}

/** Delivers the runner to where containers can see it. One per kind of place: a host folder, a volume, an image. */
export interface RunnerSource {
  /** Makes sure that the runner is there. Safe to call at once from several processes; a second call finds the first one's work. */
  provide(options?: WaitOptions): Promise<RunnerFolder>;
}

export type ContainerState = 'created' | 'running' | 'exited';

/** The runtime's word on one container: the truth about existence. */
export interface Container {
  readonly kernelId: KernelId;
  /** The runtime's own id of it. */
  readonly containerId: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ContainerState;
  /** Known once `state` is `exited`; null when nobody could tell (for example killed with its supervisor). */
  readonly exit: ContainerExit | null;
  readonly limits: Readonly<Record<'cpu' | 'memory' | 'processes' | 'scratch', Enforcement>>;
}

export interface ContainerExit {
  /** Exit status of the first process; 128 + n when signal n ended it. */
  readonly code: number | null;
  readonly oomKilled: boolean;
}

export interface ContainerExited {
  readonly kernelId: KernelId;
  readonly containerId: string;
  readonly exit: ContainerExit;
}

/** Two ZeroMQ endpoints to connect to; they are valid until disposed. */
export interface RunnerEndpoints extends AsyncDisposable {
  /** The runner's PULL socket. */
  readonly input: string;
  /** The runner's PUSH socket. */
  readonly output: string;
}

export interface ImageInfo {
  readonly canonical: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly digest: string;
  readonly architecture: string;
}

/** Raw counters of one container, read at one moment. What can't be read here is null. */
export interface ContainerUsage {
  readonly cpuUsedMs: number | null;
  readonly memoryBytes: number | null;
  readonly memoryPeakBytes: number | null;
  readonly processes: number | null;
}

/**
 * Where kernels run. One container per kernel id at a time.
 *
 * **Order.** `create` → `start` → (`stop` | its own end) → `remove`. `create` has no effect outside the runtime's own books until
 * `start`.
 *
 * **Crashes.** A runtime keeps no truth in its own memory: a new object over the same place finds by `list` whatever an older one
 * created, in whichever step that one died, and `remove` undoes all of it.
 *
 * **Idempotence.** `stop` and `remove` of something that isn't there are success.
 *
 * **Disposal** ends the object, not the containers.
 *
 * All rejections are `BaiError`s with a code of `RuntimeErrorCode`; an aborted `signal` ends the wait, and what had begun is found by
 * `list`.
 */
export interface ContainerRuntime extends AsyncDisposable {
  /** Short name for people: `sandbox`, `docker`, `memory`. */
  readonly kind: string;

  /** Whether {@link ContainerSpec.ports} are published on the host. Where they are not, the runner relays services itself. */
  readonly publishesPorts: boolean;

  /** Images that a container can be made of at this moment. */
  images(options?: WaitOptions): Promise<readonly ImageInfo[]>;

  /** Prepares a container; a rejection leaves none. @throws `IMAGE_NOT_FOUND`, `CONTAINER_EXISTS`, `CONTAINER_CREATE_FAILED` */
  create(spec: ContainerSpec, options?: WaitOptions): Promise<Container>;

  /**
   * Starts the runner in a created container. Doesn't wait for the runner to answer.
   * @throws `CONTAINER_NOT_FOUND`; `CONTAINER_START_FAILED`, also for a container that was started before
   */
  start(kernelId: KernelId, options?: WaitOptions): Promise<Container>;

  /**
   * Where the runner of a started container listens. Waits until it does, however long that takes: give a `signal`.
   * @throws `CONTAINER_NOT_FOUND`; `RUNNER_UNREACHABLE` when the container doesn't run or ends meanwhile
   */
  connect(kernelId: KernelId, options?: WaitOptions): Promise<RunnerEndpoints>;

  /**
   * Asks the container to end, and kills it after `graceMs`. Resolves once nothing of it runs any more. One that was never started
   * stays `created`.
   */
  stop(kernelId: KernelId, options: { readonly graceMs: number } & WaitOptions): Promise<void>;

  /** Removes every trace of a container, killing it if it runs. Its folders of the spec are left. */
  remove(kernelId: KernelId, options?: WaitOptions): Promise<void>;

  inspect(kernelId: KernelId, options?: WaitOptions): Promise<Container | undefined>;

  /** All containers of this runtime's place: created, running and exited. */
  list(options?: WaitOptions): Promise<readonly Container[]>;

  /**
   * Calls the listener once for each started container that ends, also for those that an older object started and `list` showed.
   * {@link inspect} shows the end by then. What `list` showed as exited is not told again, and nothing is told after disposal.
   */
  onExit(listener: (exited: ContainerExited) => void): Disposable;

  /** What the container printed, newest part up to `maxBytes`. A runtime keeps a bounded part. @throws `CONTAINER_NOT_FOUND` */
  logs(kernelId: KernelId, options: { readonly maxBytes: number } & WaitOptions): Promise<Uint8Array>;

  /** Counters of a running container, or undefined when it doesn't run. */
  usage(kernelId: KernelId, options?: WaitOptions): Promise<ContainerUsage | undefined>;
}
