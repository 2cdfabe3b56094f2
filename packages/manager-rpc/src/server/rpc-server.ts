import type { Buffer } from 'node:buffer';
import { AgentError } from '@bai/agent-api';
import { errorCode, type Logger, nullLogger, poll, sleep } from '@bai/core';
import {
  Dialect,
  type Generation,
  MsgpackDecoder,
  MsgpackEncoder,
  type Reply,
  toErrorEvent,
  type WireFailure,
} from '@bai/dialects';
import { Router } from 'zeromq';
import { formatTcpAddress, isLoopback, parseTcpAddress, type TcpAddress } from '../address.js';
import { decodeBody, encodeFailureBody, encodeResultBody } from '../callosum/body.js';
import { framesOf, pongFrames, readFrames } from '../callosum/frames.js';
import { decodeHeader, encodeHeader, MESSAGE_TYPES, type MessageType } from '../callosum/header.js';
import { RpcError } from '../errors.js';
import { bind } from './bind.js';
import { DroppedReplies } from './dropped-replies.js';
import { InFlightCalls } from './in-flight.js';
import { InboundCall } from './inbound-call.js';
import { DEFAULT_LIMITS, type RpcLimits } from './limits.js';
import type { CallReport, RpcServerOptions } from './options.js';

/** Failures that are the caller's alone: upstream announces none of them. */
const NOT_ANNOUNCED: ReadonlySet<string | undefined> = new Set([
  'AGENT_NOT_FOUND',
  'RPC_UNKNOWN_METHOD',
  'RPC_MALFORMED',
]);

/**
 * Serves an agent to managers of the generations G2 and G3 on one socket. Requests run concurrently, start in the order in which they came,
 * and are answered when they end: always, unless the caller cancelled or nothing says to which request an answer would belong.
 * Bad input costs its sender an error reply and nobody else anything.
 *
 * @see spec/01 §3, §10
 */
export class RpcServer implements AsyncDisposable {
  readonly #socket: Router;
  readonly #options: RpcServerOptions;
  readonly #limits: RpcLimits;
  readonly #log: Logger;
  readonly #dialects: Readonly<Record<Generation, Dialect>>;
  /** For headers and bodies; payloads have the dialects' own. */
  readonly #decoder: MsgpackDecoder;
  readonly #encoder = new MsgpackEncoder();
  readonly #inFlight = new InFlightCalls();
  readonly #drops: DroppedReplies;
  readonly #tcp: TcpAddress;
  #loop: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(socket: Router, tcp: TcpAddress, options: RpcServerOptions, limits: RpcLimits) {
    this.#socket = socket;
    this.#tcp = tcp;
    this.#options = options;
    this.#limits = limits;
    this.#log = (options.logger ?? nullLogger).child({ name: 'manager-rpc:server' });
    this.#drops = new DroppedReplies(this.#log);
    this.#dialects = { G2: new Dialect('G2', limits), G3: new Dialect('G3', limits) };
    this.#decoder = new MsgpackDecoder(limits);
  }

  /**
   * Binds the socket and begins to serve.
   * @throws {RpcError} `RPC_ADDRESS_IN_USE`, `RPC_BIND_FAILED`, `RPC_INVALID_ADDRESS`
   */
  static async listen(options: RpcServerOptions): Promise<RpcServer> {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const wanted = parseTcpAddress(options.address);
    const socket = new Router({
      linger: 200,
      // A reply to a client that is gone, or that reads too slowly, is an error here and not a wait.
      mandatory: true,
      sendTimeout: 0,
      sendHighWaterMark: limits.maxQueuedReplies,
      maxMessageSize: limits.maxFrameBytes,
      ipv6: wanted.host.includes(':'),
    });
    const tcp = await bind(socket, wanted);
    const server = new RpcServer(socket, tcp, options, limits);
    server.#start();
    return server;
  }

  /** Where the server listens, with the port that the system chose. */
  get address(): string {
    return formatTcpAddress(this.#tcp);
  }

  #start(): void {
    if (!isLoopback(this.#tcp.host)) {
      this.#log.warn(
        'RPC listens beyond this machine without authentication: whoever reaches the port can run code here',
        {
          address: this.address,
        },
      );
    }
    this.#loop = this.#receive();
  }

  async #receive(): Promise<void> {
    while (!this.#socket.closed) {
      try {
        this.#onMessage(await this.#socket.receive());
      } catch (error) {
        if (this.#socket.closed) return;
        this.#log.error('RPC message could not be handled', { error });
        await sleep(10);
      }
    }
  }

  #onMessage(frames: Buffer[]): void {
    const [identity] = frames;
    if (identity === undefined) return;
    const framed = readFrames(frames, 1);
    if (framed.kind === 'message') this.#onCallosum(identity, framed.generation, framed.header, framed.body);
    else if (framed.kind === 'ping') this.#send(identity, pongFrames(framed.frames));
    else this.#log.debug('RPC message ignored', { kind: framed.kind, frames: frames.length - 1 });
  }

  #onCallosum(identity: Buffer, generation: Generation, headerFrame: Buffer, body: Buffer): void {
    let header: ReturnType<typeof decodeHeader>;
    try {
      header = decodeHeader(this.#decoder, headerFrame);
    } catch (error) {
      // Without a header nothing says to which request an answer would belong.
      this.#log.debug('RPC message without a readable header ignored', { generation, error });
      return;
    }
    if (header.type === MESSAGE_TYPES.function) {
      const { agent, agentId } = this.#options;
      this.#onRequest(new InboundCall(agent, agentId, this.#dialects[generation], identity, header, body.length), body);
    } else if (header.type === MESSAGE_TYPES.cancel) {
      for (const call of this.#inFlight.matching(identity, header)) this.#cancel(call);
    } else {
      this.#log.debug('RPC message ignored', { kind: 'reply', generation });
    }
  }

  #onRequest(call: InboundCall, body: Buffer): void {
    const { dialect, header } = call;
    let reply: Reply;
    try {
      this.#admit(call);
      const { payload } = decodeBody(this.#decoder, body, header.zip, this.#limits.maxFrameBytes);
      reply = dialect.call(call, header.method, payload ?? NIL);
    } catch (error) {
      this.#fail(call, error);
      return;
    }
    if (reply instanceof Promise) void this.#settle(call, reply);
    else this.#succeed(call, reply);
  }

  /** @throws {AgentError} `BUSY`, `AGENT_CLOSING` */
  #admit(call: InboundCall): void {
    if (this.#closing !== undefined) throw closing();
    // The manager judges the agent's health by `ping`: that is answered under any load, and costs nothing.
    if (call.header.method === 'ping') return;
    const { maxInFlight, maxInFlightPerClient, maxInFlightBytes } = this.#limits;
    const tooMany =
      this.#inFlight.size >= maxInFlight || this.#inFlight.ofClient(call.identity) >= maxInFlightPerClient;
    if (tooMany || this.#inFlight.bytes + call.bodyBytes > maxInFlightBytes) {
      throw new AgentError('BUSY', 'the agent is busy: too many requests at the same time, try again later', {
        retryable: true,
      });
    }
  }

  async #settle(call: InboundCall, reply: Promise<unknown>): Promise<void> {
    this.#inFlight.add(call);
    try {
      this.#succeed(call, await reply);
    } catch (error) {
      this.#fail(call, error);
    } finally {
      this.#inFlight.delete(call);
    }
  }

  #cancel(call: InboundCall): void {
    call.cancelled = true;
    call.abort(new RpcError('RPC_CANCELLED', 'the caller cancelled the request'));
  }

  #succeed(call: InboundCall, value: unknown): void {
    if (call.cancelled) {
      this.#report(call, 'cancelled', null);
      return;
    }
    let body: Buffer;
    try {
      body = encodeResultBody(call.dialect.encode(value));
    } catch (error) {
      this.#fail(call, error);
      return;
    }
    this.#reply(call, MESSAGE_TYPES.result, body);
    this.#report(call, 'result', null);
  }

  #fail(call: InboundCall, error: unknown): void {
    if (call.cancelled) {
      this.#report(call, 'cancelled', null);
      return;
    }
    const failure = call.dialect.toFailure(error, call.header.method);
    this.#announce(call, error, failure);
    this.#reply(call, MESSAGE_TYPES.failure, encodeFailureBody(this.#encoder, failure));
    this.#report(call, 'failure', failure.name);
  }

  #announce(call: InboundCall, error: unknown, failure: WireFailure): void {
    const code = errorCode(error);
    const fields = { method: call.header.method, generation: call.dialect.generation, error };
    if (code === undefined || code === 'BUG') this.#log.error('RPC request failed unexpectedly', fields);
    else this.#log.debug('RPC request failed', fields);
    if (!NOT_ANNOUNCED.has(code)) this.#notify(() => this.#options.onAgentError?.(toErrorEvent(failure)));
  }

  #report(call: InboundCall, outcome: CallReport['outcome'], exception: string | null): void {
    const { method } = call.header;
    const { generation } = call.dialect;
    const durationMs = performance.now() - call.startedAt;
    this.#notify(() => this.#options.onCall?.({ method, generation, durationMs, outcome, exception }));
  }

  /** A listener that throws costs nobody an answer. */
  #notify(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#log.error('a listener of the RPC server failed', { error });
    }
  }

  #reply(call: InboundCall, type: MessageType, body: Buffer): void {
    const header = encodeHeader(this.#encoder, type, call.header);
    this.#send(call.identity, framesOf(call.dialect.generation, header, body));
  }

  /** Never waits. A reply that finds no way to its client is dropped, as a ROUTER does. */
  #send(identity: Buffer, frames: readonly Buffer[]): void {
    if (this.#socket.closed) return;
    this.#socket.send([identity, ...frames]).catch((error: unknown) => {
      if (errorCode(error) === 'EHOSTUNREACH') this.#log.debug('RPC reply dropped: the client is gone');
      else this.#drops.note(identity, error);
    });
  }

  /** Refuses new requests, aborts those at work, answers them, and closes the socket. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const call of this.#inFlight.all()) call.abort(closing());
    try {
      await poll('closing the RPC server', { timeoutMs: this.#limits.closeTimeoutMs, intervalMs: 5 }, () =>
        this.#inFlight.size === 0 ? true : undefined,
      );
    } catch (error) {
      this.#log.warn('RPC requests did not end in time', { count: this.#inFlight.size, error });
    }
    this.#socket.close();
    await this.#loop;
  }
}

const NIL = Uint8Array.of(0xc0);

const closing = (): AgentError =>
  new AgentError('AGENT_CLOSING', 'the agent is shutting down: ask again when it is back', { retryable: true });
