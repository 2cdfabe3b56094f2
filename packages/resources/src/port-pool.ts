import { createServer } from 'node:net';
import { AgentError } from '@bai/agent-api';
import { abortable, type WaitOptions } from '@bai/core';

export interface PortPoolOptions {
  /** First and last port, both included. */
  readonly range: readonly [number, number];
  /** How long a port rests after its release before it is given again, in milliseconds. Default 5000. */
  readonly cooldownMs?: number;
  /** Address on which ports must be free. Default all addresses. */
  readonly host?: string;
  /** Milliseconds of some clock. For tests. */
  readonly now?: () => number;
}

/**
 * Host ports for kernels. The port that has been free for longest comes first, and a port rests after its release, so that a late
 * client of an old kernel doesn't meet a new one. A port that another program has taken is passed over.
 */
export class PortPool {
  readonly #options: PortPoolOptions;
  readonly #now: () => number;
  /** Free ports to the time of their release, oldest first. */
  readonly #free = new Map<number, number>();
  readonly #owned = new Map<string, number[]>();

  constructor(options: PortPoolOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    const [first, last] = options.range;
    for (let port = first; port <= last; port += 1) this.#free.set(port, Number.NEGATIVE_INFINITY);
  }

  /** Ports that nobody here has, rested or not. */
  get available(): number {
    return this.#free.size;
  }

  /**
   * Gives ports to an owner, on top of those that it has: all or none. @throws AgentError `PORTS_EXHAUSTED`
   * The owner must not be released before this call has ended.
   */
  async allocate(owner: string, count: number, options: WaitOptions = {}): Promise<readonly number[]> {
    const taken: number[] = [];
    const busy: number[] = [];
    try {
      while (taken.length < count) {
        options.signal?.throwIfAborted();
        const port = this.#takeOldest(count, busy.length);
        const isFree = await abortable(canBind(port, this.#options.host), options.signal).catch((reason: unknown) => {
          busy.push(port);
          throw reason;
        });
        (isFree ? taken : busy).push(port);
      }
    } catch (error) {
      this.#giveBack(taken);
      throw error;
    } finally {
      this.#giveBack(busy);
    }
    this.#owned.set(owner, [...(this.#owned.get(owner) ?? []), ...taken]);
    return taken;
  }

  /** Takes ports for an owner of before without looking at them: its kernel listens there. Ports outside the range are ignored. */
  restore(owner: string, ports: readonly number[]): void {
    const inRange = ports.filter((port) => this.#free.delete(port));
    if (inRange.length > 0) this.#owned.set(owner, [...(this.#owned.get(owner) ?? []), ...inRange]);
  }

  /** Gives back all ports of an owner. One that has none is fine. */
  release(owner: string): void {
    const ports = this.#owned.get(owner) ?? [];
    this.#owned.delete(owner);
    this.#giveBack(ports);
  }

  /** Taken at once, so that two calls that wait for their probes never look at the same port. */
  #takeOldest(count: number, busy: number): number {
    const [oldest] = this.#free;
    const rested = oldest !== undefined && oldest[1] + (this.#options.cooldownMs ?? 5000) <= this.#now();
    if (rested) {
      this.#free.delete(oldest[0]);
      return oldest[0];
    }
    const [first, last] = this.#options.range;
    throw new AgentError(
      'PORTS_EXHAUSTED',
      `no ${count} free ports between ${first} and ${last}: ${busy} are taken by other programs, ` +
        `${this.#free.size} rest after a release; destroy kernels or widen the range`,
      { retryable: true, details: { first, last, requested: count } },
    );
  }

  #giveBack(ports: readonly number[]): void {
    for (const port of ports) this.#free.set(port, this.#now());
  }
}

/** Whether a server could listen there at this moment. */
function canBind(port: number, host: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
