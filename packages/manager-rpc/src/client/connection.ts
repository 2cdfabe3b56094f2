import type { Buffer } from 'node:buffer';
import { type Logger, sleep, TaskGroup, withDeadline } from '@bai/core';
import type { Generation } from '@bai/dialects';
import { Dealer } from 'zeromq';
import { formatTcpAddress, parseTcpAddress } from '../address.js';
import { type Framed, PING_FRAMES, pongFrames, readFrames } from '../callosum/frames.js';
import { unreachable } from '../errors.js';

export interface ConnectionOptions {
  readonly address: string;
  readonly generation: Generation;
  readonly logger: Logger;
  /** How long the peer may take to answer a `PING`. Milliseconds. */
  readonly pongTimeoutMs: number;
  readonly maxFrameBytes: number;
  readonly onMessage: (message: Extract<Framed, { kind: 'message' }>) => void;
  /** The peer went away: nothing that was sent before will be answered. */
  readonly onLost: () => void;
  /** The peer is back, and answered. */
  readonly onRestored: () => void;
}

/**
 * One DEALER socket that knows whether its peer is there. ZeroMQ reconnects on its own; after that the peer knows us under a new name and
 * every answer to the old one is lost, hence the two notices.
 */
export class Connection implements AsyncDisposable {
  readonly #socket: Dealer;
  readonly #options: ConnectionOptions;
  readonly #tasks: TaskGroup;
  readonly #pongWaiters = new Set<() => void>();
  #connected = false;

  constructor(options: ConnectionOptions) {
    const tcp = parseTcpAddress(options.address);
    this.#options = options;
    this.#tasks = new TaskGroup((error, task) => options.logger.error('RPC client failed', { task, error }));
    this.#socket = new Dealer({
      linger: 100,
      sendTimeout: 0,
      sendHighWaterMark: 10_000,
      maxMessageSize: options.maxFrameBytes,
      ipv6: tcp.host.includes(':'),
      // As upstream's managers, so that a peer that vanished without a word is noticed.
      tcpKeepalive: 1,
      tcpKeepaliveIdle: 60,
      tcpKeepaliveInterval: 20,
      tcpKeepaliveCount: 3,
      heartbeatInterval: 10_000,
      heartbeatTimeout: 30_000,
    });
    this.#tasks.run('events', () => this.#watch());
    this.#tasks.run('messages', () => this.#receive());
    this.#socket.connect(formatTcpAddress(tcp));
  }

  /** Hands frames to ZeroMQ. @throws {RpcError} `RPC_UNREACHABLE` when too much waits for the peer already. */
  async send(frames: readonly Buffer[]): Promise<void> {
    try {
      await this.#socket.send([...frames]);
    } catch (error) {
      throw unreachable(this.#options.address, 'too many messages wait to be sent', { cause: error });
    }
  }

  /** Resolves when the peer answers a `PING`. @throws {RpcError} `RPC_UNREACHABLE` */
  async probe(signal?: AbortSignal): Promise<void> {
    const { address, pongTimeoutMs } = this.#options;
    let onPong = (): void => {};
    const pong = new Promise<void>((resolve) => {
      onPong = resolve;
    });
    this.#pongWaiters.add(onPong);
    try {
      await withDeadline('PONG', pongTimeoutMs, signal, async () => {
        await this.send(PING_FRAMES);
        await pong;
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      const problem = this.#connected
        ? 'something accepts connections there, but does not answer'
        : 'nothing accepts connections there';
      throw unreachable(address, `${problem} (waited ${pongTimeoutMs} ms)`, { cause: error });
    } finally {
      this.#pongWaiters.delete(onPong);
    }
  }

  async #watch(): Promise<void> {
    let restoring = false;
    for await (const event of this.#socket.events) {
      if (event.type === 'disconnect') {
        this.#connected = false;
        restoring = true;
        this.#options.onLost();
      } else if (event.type === 'handshake') {
        this.#connected = true;
        if (restoring) this.#tasks.run('probe', (signal) => this.#confirm(signal));
        restoring = false;
      }
    }
  }

  /** After a reconnection: asks until the peer answers. Callosum 0.9 has no question to ask. */
  async #confirm(signal: AbortSignal): Promise<void> {
    while (this.#connected) {
      try {
        if (this.#options.generation === 'G3') await this.probe(signal);
        this.#options.onRestored();
        return;
      } catch (error) {
        signal.throwIfAborted();
        this.#options.logger.warn('the agent accepted a connection but does not answer', { error });
      }
    }
  }

  async #receive(): Promise<void> {
    while (!this.#socket.closed) {
      try {
        this.#onFrames(await this.#socket.receive());
      } catch (error) {
        if (this.#socket.closed) return;
        this.#options.logger.error('RPC message could not be handled', { error });
        await sleep(10);
      }
    }
  }

  #onFrames(frames: Buffer[]): void {
    const framed = readFrames(frames, 0);
    if (framed.kind === 'message') this.#options.onMessage(framed);
    else if (framed.kind === 'ping') this.#tasks.run('pong', () => this.send(pongFrames(framed.frames)));
    else if (framed.kind === 'pong') for (const waiter of this.#pongWaiters) waiter();
    else this.#options.logger.debug('RPC message ignored', { kind: framed.kind });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#tasks[Symbol.asyncDispose]();
  }
}
