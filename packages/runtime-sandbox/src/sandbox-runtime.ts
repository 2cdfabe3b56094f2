import {
  type Container,
  type ContainerExited,
  type ContainerRuntime,
  type ContainerSpec,
  type ContainerUsage,
  containerNotFound,
  type ImageInfo,
  type RunnerEndpoints,
  RuntimeError,
  type RuntimeErrorCode,
} from '@bai/container-runtime';
import { describeError, type KernelId, type Logger, nullLogger, type WaitOptions } from '@bai/core';
import type { Book } from './book/book.js';
import type { BookRecord } from './book/book-record.js';
import { readTail } from './book/read-tail.js';
import { DEFAULT_USER_RANGE, type UserRange } from './book/user-pool.js';
import { readUsage } from './container-usage.js';
import { HostImages } from './images/host-images.js';
import { OWN_PLACES } from './images/visible-folder.js';
import { openPlace, type Place } from './place.js';
import { prepareContainer } from './prepare-container.js';
import { isRunning, toContainer } from './processes/container-state.js';
import { askToEnd, killContainer } from './processes/end-container.js';
import { ExitWatch } from './processes/exit-watch.js';
import { waitForProgress } from './processes/progress.js';
import { removeContainer } from './remove-container.js';
import { openRunnerEndpoints } from './runner-endpoints.js';
import { startContainer } from './start-container.js';

export interface SandboxOptions {
  /** State folder of this sandbox alone. Made with access for the agent's user only. */
  readonly directory: string;
  readonly logger?: Logger;
  /** Users that kernels get one each of, where the agent is root. Default: 65,536 from 200,000. */
  readonly users?: UserRange;
  /** Where interpreters are looked for first, as in `PATH`. Default: the agent's own `PATH`. */
  readonly path?: string;
}

/**
 * Runs kernels in Linux namespaces of their own, with nothing but util-linux, as root or as an ordinary user.
 * Its truth is a folder per container and the processes of the machine. @see docs/sandbox.md
 */
export class SandboxRuntime implements ContainerRuntime {
  readonly kind = 'sandbox';
  /** A kernel has a network of its own without a way out or in: the runner relays services. */
  readonly publishesPorts = false;
  readonly #place: Place;
  readonly #images: HostImages;
  readonly #exits: ExitWatch;
  readonly #logger: Logger;
  readonly #closing = new AbortController();

  private constructor(place: Place, images: HostImages, logger: Logger) {
    this.#place = place;
    this.#images = images;
    this.#logger = logger;
    this.#exits = new ExitWatch(logger);
  }

  /**
   * Opens the sandbox over its state folder. Containers that are there go on.
   * @throws {RuntimeError} `RUNTIME_UNAVAILABLE` with what to do, where the machine forbids what kernels need
   */
  static async open(options: SandboxOptions): Promise<SandboxRuntime> {
    const { logger = nullLogger, users = DEFAULT_USER_RANGE, path = process.env['PATH'] ?? '' } = options;
    const place = await openPlace(options.directory, users, logger);
    const reader = { isOther: place.host.isRoot, hidden: [place.directory], taken: OWN_PLACES };
    return new SandboxRuntime(place, new HostImages(path, reader, logger), logger);
  }

  async images(options: WaitOptions = {}): Promise<readonly ImageInfo[]> {
    return this.#images.list(options);
  }

  async create(spec: ContainerSpec, options: WaitOptions = {}): Promise<Container> {
    options.signal?.throwIfAborted();
    const interpreter = await this.#images.find(spec.image, options);
    const { shelf, users, host, view, cgroupParents, cgroupName } = this.#place;
    const named = shelf.book(spec.kernelId);
    if (named.read() !== undefined) throw containerExists(spec.kernelId);
    const user = this.#userOf(spec);
    try {
      const book = shelf.add(spec.kernelId, (draft) => {
        prepareContainer(draft, named, spec, {
          view,
          interpreter,
          user,
          canMapUser: host.jailWorks,
          canCountProcesses: host.countsProcesses,
          cgroupParents,
          cgroupName: cgroupName(spec.kernelId),
        });
      });
      return toContainer(book, this.#record(book));
    } catch (error) {
      if (user !== null) users.giveBack(user.uid, spec.kernelId);
      throw asRuntimeError('CONTAINER_CREATE_FAILED', `cannot prepare the container of kernel ${spec.kernelId}`, error);
    }
  }

  async start(kernelId: KernelId, options: WaitOptions = {}): Promise<Container> {
    options.signal?.throwIfAborted();
    const book = this.#place.shelf.book(kernelId);
    const record = this.#record(book);
    try {
      await startContainer(book, record, this.#place, this.#untilClosed(options));
    } catch (error) {
      if (options.signal?.aborted) {
        if (isRunning(book)) this.#exits.track(book, record);
        throw options.signal.reason;
      }
      throw asRuntimeError('CONTAINER_START_FAILED', `cannot start the container of kernel ${kernelId}`, error);
    }
    this.#exits.track(book, record);
    return toContainer(book, record);
  }

  async connect(kernelId: KernelId, options: WaitOptions = {}): Promise<RunnerEndpoints> {
    options.signal?.throwIfAborted();
    const book = this.#place.shelf.book(kernelId);
    const record = this.#record(book);
    const look = (): true | undefined => {
      if (isRunning(book)) return book.isReady ? true : undefined;
      throw new RuntimeError('RUNNER_UNREACHABLE', `kernel ${kernelId} does not run: read its log for why it ended`, {
        details: { kernelId },
      });
    };
    await waitForProgress(book.progressFolder, look, this.#untilClosed(options));
    return openRunnerEndpoints(book.runFolder, record.user?.uid ?? process.geteuid?.() ?? 0);
  }

  async stop(kernelId: KernelId, options: { readonly graceMs: number } & WaitOptions): Promise<void> {
    options.signal?.throwIfAborted();
    const book = this.#place.shelf.book(kernelId);
    if (!book.isLaunched) return;
    const waits = this.#untilClosed(options);
    if (options.graceMs > 0) await askToEnd(book, { graceMs: options.graceMs, ...waits });
    await killContainer(book, waits);
    this.#exits.check(kernelId);
  }

  async remove(kernelId: KernelId, options: WaitOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    const book = this.#place.shelf.book(kernelId);
    const waits = this.#untilClosed(options);
    await killContainer(book, waits);
    this.#exits.check(kernelId);
    try {
      await removeContainer(book, this.#tryRecord(book), this.#place, waits);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw asRuntimeError('RUNTIME_UNAVAILABLE', `cannot remove the container of kernel ${kernelId}`, error);
    }
  }

  async inspect(kernelId: KernelId, options: WaitOptions = {}): Promise<Container | undefined> {
    options.signal?.throwIfAborted();
    return this.#show(this.#place.shelf.book(kernelId));
  }

  async list(options: WaitOptions = {}): Promise<readonly Container[]> {
    options.signal?.throwIfAborted();
    const containers = this.#place.shelf.books().map((book) => this.#show(book));
    return containers.filter((container) => container !== undefined);
  }

  onExit(listener: (exited: ContainerExited) => void): Disposable {
    return this.#exits.onExit(listener);
  }

  async logs(kernelId: KernelId, options: { readonly maxBytes: number } & WaitOptions): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    const book = this.#place.shelf.book(kernelId);
    this.#record(book);
    return readTail(book.file('console'), options.maxBytes);
  }

  async usage(kernelId: KernelId, options: WaitOptions = {}): Promise<ContainerUsage | undefined> {
    options.signal?.throwIfAborted();
    const book = this.#place.shelf.book(kernelId);
    const record = this.#tryRecord(book);
    return record !== undefined && isRunning(book) ? readUsage(book, record) : undefined;
  }

  /** Ends the object and its waits, which keep the program alive. Kernels go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new RuntimeError('RUNTIME_UNAVAILABLE', 'the sandbox is closed'));
    this.#exits[Symbol.dispose]();
  }

  /** As root, each kernel is a user of its own; else all are the agent's. */
  #userOf(spec: ContainerSpec): { uid: number; gid: number } | null {
    if (!this.#place.host.isRoot) return null;
    if (spec.user === undefined) {
      const uid = this.#place.users.take(spec.kernelId);
      return { uid, gid: uid };
    }
    if (spec.user.uid > 0 && spec.user.gid > 0) return spec.user;
    throw new RuntimeError('CONTAINER_CREATE_FAILED', 'a kernel cannot run as root: set another user and group');
  }

  /** @throws {RuntimeError} `CONTAINER_NOT_FOUND` */
  #record(book: Book): BookRecord {
    const record = book.read();
    if (record === undefined) throw containerNotFound(book.kernelId);
    return record;
  }

  #tryRecord(book: Book): BookRecord | undefined {
    try {
      return book.read();
    } catch (error) {
      this.#logger.error('the record of a container is damaged', { kernelId: book.kernelId, error });
      return undefined;
    }
  }

  /** A container that is seen running is watched from then on. */
  #show(book: Book): Container | undefined {
    const record = this.#tryRecord(book);
    const container = record && toContainer(book, record);
    if (record !== undefined && container?.state === 'running') this.#exits.track(book, record);
    return container;
  }

  #untilClosed({ signal }: WaitOptions): WaitOptions {
    const signals = [this.#closing.signal, ...(signal === undefined ? [] : [signal])];
    return { signal: AbortSignal.any(signals) };
  }
}

const containerExists = (kernelId: KernelId): RuntimeError =>
  new RuntimeError('CONTAINER_EXISTS', `kernel ${kernelId} has a container already`, { details: { kernelId } });

function asRuntimeError(code: RuntimeErrorCode, what: string, error: unknown): RuntimeError {
  return error instanceof RuntimeError
    ? error
    : new RuntimeError(code, `${what}: ${describeError(error)}`, { cause: error });
}
