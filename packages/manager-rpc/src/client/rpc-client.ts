import type { Buffer } from 'node:buffer';
import { DeadlineError, type Logger, nullLogger } from '@bai/core';
import { Dialect, type Generation, MsgpackDecoder, MsgpackEncoder, type WireValue } from '@bai/dialects';
import { decodeBody, decodeFailure, encodeRequestBody, NO_PAYLOAD_BODY } from '../callosum/body.js';
import { type Framed, framesOf } from '../callosum/frames.js';
import { decodeHeader, encodeHeader, MESSAGE_TYPES, type MessageHeader, type OrderingKey } from '../callosum/header.js';
import { RpcError, RpcRemoteError, unreachable } from '../errors.js';
import { DEFAULT_LIMITS } from '../server/limits.js';
import { Connection } from './connection.js';

export interface RpcClientOptions {
  /** `tcp://HOST:PORT` or `HOST:PORT`. */
  readonly address: string;
  /** G3 speaks Callosum 1.0 with `PING`; G2 speaks 0.9, in which nothing tells whether anybody is there. */
  readonly generation: Generation;
  readonly logger?: Logger;
  readonly signal?: AbortSignal;
  /** How long the peer may take to answer a `PING`. Milliseconds, default 5000 as with managers. */
  readonly pongTimeoutMs?: number;
  /** How long calls wait for a lost peer to come back. Milliseconds, default 30 000. */
  readonly reconnectTimeoutMs?: number;
  /** Longest frame of an answer, and longest uncompressed body. Default 128 MiB. */
  readonly maxFrameBytes?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Total time for the call; a call that takes longer is cancelled. Milliseconds; without one only `signal` ends the wait. */
  readonly timeoutMs?: number | undefined;
  /** What becomes of the call when the connection breaks: it fails (default), or is sent again, for calls that may be repeated. */
  readonly onConnectionLost?: 'fail' | 'repeat' | undefined;
}

interface PendingCall {
  readonly method: string;
  readonly frames: readonly Buffer[];
  readonly repeat: boolean;
  resolve(value: WireValue): void;
  reject(error: unknown): void;
}

/** What managers put there, and what a reply must carry. @see spec/01 §3.2 */
const ORDERING_KEYS: Readonly<Record<Generation, OrderingKey>> = { G2: '', G3: new Uint8Array(0) };

/**
 * A client of one agent, over Callosum 0.9 or 1.0. Calls run concurrently. ZeroMQ reconnects on its own; meanwhile new calls wait, and calls that
 * were under way fail with `RPC_CONNECTION_LOST` or are repeated, as each asked for.
 */
export class RpcClient implements AsyncDisposable {
  readonly address: string;
  readonly #options: RpcClientOptions;
  readonly #dialect: Dialect;
  readonly #decoder = new MsgpackDecoder();
  readonly #encoder = new MsgpackEncoder();
  readonly #pending = new Map<number, PendingCall>();
  readonly #connection: Connection;
  readonly #log: Logger;
  #seq = 0;
  #lost = false;
  #closed = false;
  #giveUpTimer: NodeJS.Timeout | undefined;

  private constructor(options: RpcClientOptions) {
    this.address = options.address;
    this.#options = options;
    this.#dialect = new Dialect(options.generation);
    this.#log = (options.logger ?? nullLogger).child({ name: 'manager-rpc:client' });
    this.#connection = new Connection({
      address: options.address,
      generation: options.generation,
      logger: this.#log,
      pongTimeoutMs: options.pongTimeoutMs ?? 5000,
      maxFrameBytes: options.maxFrameBytes ?? DEFAULT_LIMITS.maxFrameBytes,
      onMessage: (message) => this.#onMessage(message),
      onLost: () => this.#onLost(),
      onRestored: () => this.#onRestored(),
    });
  }

  /** Connects, and with G3 checks that an agent answers. @throws {RpcError} `RPC_UNREACHABLE`, `RPC_INVALID_ADDRESS` */
  static async connect(options: RpcClientOptions): Promise<RpcClient> {
    const client = new RpcClient(options);
    try {
      if (options.generation === 'G3') await client.#connection.probe(options.signal);
      return client;
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Calls a method and waits for its answer. An aborted `signal` or a time-out sends CANCEL.
   *
   * @throws {RpcRemoteError} when the method failed; {@link RpcError} `RPC_CONNECTION_LOST`, `RPC_UNREACHABLE`, `RPC_CLOSED`, `RPC_CANCELLED`;
   *   {@link DeadlineError} at the time-out; the signal's reason on its abort.
   */
  call(
    method: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<WireValue> {
    return new Promise((resolve, reject) => {
      const { signal, timeoutMs } = options;
      signal?.throwIfAborted();
      if (this.#closed) throw closedError(method);
      const seq = this.#nextSeq();
      const header = { method, okey: ORDERING_KEYS[this.#options.generation], seq };
      const payload = this.#dialect.encode({ args, kwargs });
      const frames = this.#frames(MESSAGE_TYPES.function, header, encodeRequestBody(payload));
      const giveUp = (reason: unknown): void => {
        if (!this.#pending.has(seq)) return;
        if (!this.#lost) this.#send(seq, this.#frames(MESSAGE_TYPES.cancel, header, NO_PAYLOAD_BODY));
        finish(reject, reason);
      };
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => giveUp(new DeadlineError(`${method} at ${this.address}`, timeoutMs)), timeoutMs);
      const onAbort = (): void => giveUp(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      const finish = <T>(settle: (value: T) => void, value: T): void => {
        this.#pending.delete(seq);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        settle(value);
      };
      this.#pending.set(seq, {
        method,
        frames,
        repeat: options.onConnectionLost === 'repeat',
        resolve: (value) => finish(resolve, value),
        reject: (error) => finish(reject, error),
      });
      if (this.#lost) this.#waitForPeer();
      else this.#send(seq, frames);
    });
  }

  #frames(type: 1 | 5, header: Omit<MessageHeader, 'type' | 'zip'>, body: Buffer): readonly Buffer[] {
    return framesOf(this.#options.generation, encodeHeader(this.#encoder, type, header), body);
  }

  /** A message that can't even be queued fails its call; a CANCEL of a call that is over fails nothing. */
  #send(seq: number, frames: readonly Buffer[]): void {
    this.#connection.send(frames).catch((error: unknown) => this.#pending.get(seq)?.reject(error));
  }

  #nextSeq(): number {
    const seq = this.#seq;
    this.#seq = (seq + 1) % 2 ** 32;
    return seq;
  }

  #onMessage({ header: headerFrame, body }: Extract<Framed, { kind: 'message' }>): void {
    let call: PendingCall | undefined;
    try {
      const header = decodeHeader(this.#decoder, headerFrame);
      call = this.#match(header);
      if (call === undefined) this.#log.debug('RPC reply to no call of ours ignored', { seq: header.seq });
      else this.#settle(call, header, body);
    } catch (error) {
      if (call === undefined) this.#log.warn('RPC reply could not be read', { error });
      else call.reject(error);
    }
  }

  /** Only an exact match counts, as upstream has it. @see spec/01 §3.2 */
  #match(header: MessageHeader): PendingCall | undefined {
    const call = this.#pending.get(header.seq);
    if (call?.method !== header.method || header.okey.length !== 0) return undefined;
    return typeof header.okey === typeof ORDERING_KEYS[this.#options.generation] ? call : undefined;
  }

  #settle(call: PendingCall, header: MessageHeader, bodyFrame: Buffer): void {
    const maxBytes = this.#options.maxFrameBytes ?? DEFAULT_LIMITS.maxFrameBytes;
    const { meta, payload } = decodeBody(this.#decoder, bodyFrame, header.zip, maxBytes);
    switch (header.type) {
      case MESSAGE_TYPES.result:
        call.resolve(payload === null ? null : this.#dialect.decode(payload));
        break;
      case MESSAGE_TYPES.failure:
      case MESSAGE_TYPES.error:
        call.reject(new RpcRemoteError(call.method, decodeFailure(this.#decoder, meta)));
        break;
      case MESSAGE_TYPES.cancelled:
        call.reject(new RpcError('RPC_CANCELLED', `${this.address} gave up ${call.method}`, { retryable: true }));
        break;
      default:
        this.#log.debug('RPC request ignored: this is a client', { method: call.method });
    }
  }

  #onLost(): void {
    this.#lost = true;
    this.#log.info('connection to the agent lost', { address: this.address, pending: this.#pending.size });
    for (const call of [...this.#pending.values()]) {
      if (call.repeat) this.#waitForPeer();
      else call.reject(this.#lostError(call.method));
    }
  }

  #lostError(method: string): RpcError {
    const text = `the connection to ${this.address} broke during ${method}: whether it was carried out is unknown`;
    return new RpcError('RPC_CONNECTION_LOST', text, { retryable: true, details: { address: this.address, method } });
  }

  /** Calls wait for the peer, but not for ever. */
  #waitForPeer(): void {
    const timeoutMs = this.#options.reconnectTimeoutMs ?? 30_000;
    this.#giveUpTimer ??= setTimeout(() => {
      this.#giveUpTimer = undefined;
      this.#rejectAll(() => unreachable(this.address, `the connection broke and is not back after ${timeoutMs} ms`));
    }, timeoutMs);
  }

  #onRestored(): void {
    this.#lost = false;
    clearTimeout(this.#giveUpTimer);
    this.#giveUpTimer = undefined;
    this.#log.info('connection to the agent restored', { address: this.address, repeated: this.#pending.size });
    for (const [seq, call] of this.#pending) this.#send(seq, call.frames);
  }

  #rejectAll(toError: (method: string) => Error): void {
    for (const call of [...this.#pending.values()]) call.reject(toError(call.method));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#giveUpTimer);
    this.#rejectAll(closedError);
    await this.#connection[Symbol.asyncDispose]();
  }
}

const closedError = (method: string): RpcError =>
  new RpcError('RPC_CLOSED', `the client was closed, ${method} was not answered`);
