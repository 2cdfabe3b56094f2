import { createServer } from 'node:net';
import { AgentError, kernelNotFound } from '@bai/agent-api';
import { errorCode, MemoryLogger, parseAgentId, parseKernelId, poll } from '@bai/core';
import { Dialect, MsgpackDecoder, MsgpackEncoder } from '@bai/dialects';
import { exampleResult, RecordingAgent } from '@bai/dialects/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody, decodeFailure, encodeRequestBody, NO_PAYLOAD_BODY } from '../callosum/body.js';
import { framesOf, readFrames } from '../callosum/frames.js';
import { decodeHeader, encodeHeader, MESSAGE_TYPES, type OrderingKey } from '../callosum/header.js';
import { pingFrames, pongReply, RawClient } from '../testing/raw-client.js';
import type { CallReport, RpcServerOptions } from './options.js';
import { RpcServer } from './rpc-server.js';

const KERNEL = parseKernelId('6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e21');
const codec = { encoder: new MsgpackEncoder(), decoder: new MsgpackDecoder(), dialect: new Dialect('G3') };
const GENERATIONS = ['G2', 'G3'] as const;

async function setUp(options: Partial<RpcServerOptions> = {}) {
  const agent = new RecordingAgent();
  const logger = new MemoryLogger();
  const reports: CallReport[] = [];
  const errors: string[] = [];
  const server = await RpcServer.listen({
    address: 'tcp://127.0.0.1:0',
    agent,
    agentId: parseAgentId('i-node01'),
    logger,
    onCall: (report) => reports.push(report),
    onAgentError: ({ message }) => errors.push(message),
    ...options,
  });
  const client = new RawClient(server.address);
  const close = async (): Promise<void> => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  };
  return { agent, logger, reports, errors, server, client, [Symbol.asyncDispose]: close };
}

interface Request {
  readonly generation?: 'G2' | 'G3';
  readonly method: string;
  readonly args?: readonly unknown[];
  readonly okey?: OrderingKey;
  readonly seq?: number;
}

const header = ({ method, okey = '', seq = 0 }: Request) => ({ method, okey, seq });

const request = (call: Request): readonly Buffer[] =>
  framesOf(
    call.generation ?? 'G3',
    encodeHeader(codec.encoder, MESSAGE_TYPES.function, header(call)),
    encodeRequestBody(codec.dialect.encode({ args: call.args ?? [], kwargs: {} })),
  );

const cancel = (call: Request): readonly Buffer[] =>
  framesOf('G3', encodeHeader(codec.encoder, MESSAGE_TYPES.cancel, header(call)), NO_PAYLOAD_BODY);

function readReply(frames: readonly Buffer[]) {
  const framed = readFrames(frames, 0);
  if (framed.kind !== 'message') throw new Error(`a reply that is ${framed.kind}`);
  const head = decodeHeader(codec.decoder, framed.header);
  const { meta, payload } = decodeBody(codec.decoder, framed.body, head.zip, 2 ** 30);
  const failure = head.type === MESSAGE_TYPES.failure ? decodeFailure(codec.decoder, meta) : undefined;
  return { ...head, generation: framed.generation, value: payload && codec.dialect.decode(payload), failure };
}

const execute = (seq: number): Request => ({
  method: 'execute',
  args: ['', KERNEL, 3, 'r', 'query', 'x', {}, 2.0],
  seq,
});

describe('RpcServer', () => {
  it('answers ping byte for byte as recorded, in both generations', async () => {
    await using test = await setUp();
    expect(await test.client.ask(pingFrames())).toEqual(pongReply());
    const [, head, body] = pingFrames();
    const asG2 = [Buffer.from(head?.toString('hex').replace('c400', 'a0') ?? '', 'hex'), body ?? Buffer.alloc(0)];
    const [, replyHead, replyBody] = pongReply();
    expect(await test.client.ask(asG2)).toEqual([
      Buffer.from(replyHead?.toString('hex').replace('c400', 'a0') ?? '', 'hex'),
      replyBody,
    ]);
  });

  it('answers PING, with its frames and what stands before them', async () => {
    await using test = await setUp();
    expect((await test.client.ask(['PING', '', ''])).map(String)).toEqual(['PONG', '', '']);
    expect((await test.client.ask(['x', 'PING', 'a', 'b'])).map(String)).toEqual(['x', 'PONG', 'a', 'b']);
  });

  it.each([['text'], [''], [new Uint8Array(0)], [Uint8Array.of(1, 2)]])('echoes the ordering key %j', async (okey) => {
    await using test = await setUp();
    const reply = readReply(await test.client.ask(request({ method: 'ping', args: ['x'], okey, seq: 4294967295 })));
    expect(reply).toMatchObject({ type: 2, method: 'ping', okey, seq: 4294967295, value: 'x', zip: false });
  });

  it.each(GENERATIONS)('%s: tells what went wrong, and announces it', async (generation) => {
    await using test = await setUp();
    test.agent.failure = kernelNotFound(KERNEL);
    const reply = readReply(await test.client.ask(request({ generation, method: 'get_logs', args: [KERNEL] })));
    expect(reply).toMatchObject({
      generation,
      type: 3,
      failure: { name: 'KeyError', repr: `KeyError(UUID('${KERNEL}'))` },
    });
    expect(test.errors).toEqual([expect.stringMatching(/^KeyError: no kernel/)]);
    expect(test.reports).toEqual([expect.objectContaining({ outcome: 'failure', exception: 'KeyError', generation })]);
  });

  it.each([
    [{ method: 'no_such_method' }, 'KeyError', false],
    [{ method: 'ping' }, 'TypeError', true],
    [{ method: 'commit' }, 'NotImplementedError', true],
    [{ method: 'get_logs', args: ['nonsense'] }, 'ValueError', true],
    [{ method: 'get_logs', args: [KERNEL, 'i-other'] }, 'AgentIdNotFoundError', false],
  ])('answers %j with %s', async (call, name, announced) => {
    await using test = await setUp();
    expect(readReply(await test.client.ask(request(call)))).toMatchObject({ type: 3, failure: { name } });
    expect(test.errors.length > 0).toBe(announced);
  });

  it('answers a body that can not be read when the header can', async () => {
    await using test = await setUp();
    const head = encodeHeader(codec.encoder, MESSAGE_TYPES.function, { method: 'ping', okey: '', seq: 3 });
    for (const body of [Buffer.alloc(0), Buffer.from('c1', 'hex'), encodeRequestBody(Buffer.from('ff', 'hex'))]) {
      const reply = readReply(await test.client.ask(framesOf('G3', head, body)));
      expect(reply).toMatchObject({ type: 3, seq: 3, failure: { name: 'ValueError' } });
    }
    expect(readReply(await test.client.ask(pingFrames())).value).toBe('ping');
  });

  it('takes a compressed request, and answers uncompressed', async () => {
    await using test = await setUp();
    const { compress } = await import('snappyjs');
    const head = codec.encoder.encode({ type: 1, meth: 'ping', okey: '', seq: 1, zip: true });
    const body = encodeRequestBody(codec.dialect.encode({ args: ['long '.repeat(100)], kwargs: {} }));
    const reply = readReply(await test.client.ask(['UPPER', head, Buffer.from(compress(body))]));
    expect(reply).toMatchObject({ zip: false, value: 'long '.repeat(100) });
  });

  it('refuses a snappy bomb', async () => {
    await using test = await setUp({ limits: { maxFrameBytes: 100_000 } });
    const { compress } = await import('snappyjs');
    const head = codec.encoder.encode({ type: 1, meth: 'ping', okey: '', seq: 1, zip: true });
    const bomb = Buffer.from(compress(new Uint8Array(1_000_000)));
    expect(bomb.length).toBeLessThan(100_000);
    expect(readReply(await test.client.ask(['UPPER', head, bomb]))).toMatchObject({
      type: 3,
      failure: { name: 'ValueError' },
    });
  });

  it('runs requests at the same time and answers each when it ends', async () => {
    await using test = await setUp();
    const release: (() => void)[] = [];
    test.agent.onExecute = async () => {
      await new Promise<void>((resolve) => release.push(resolve));
      return exampleResult;
    };
    await test.client.send(request(execute(1)));
    await test.client.send(request(execute(2)));
    await poll('both requests', { timeoutMs: 5000, intervalMs: 2 }, () => release.length === 2 || undefined);
    expect(readReply(await test.client.ask(pingFrames(9))).seq).toBe(9);
    release[1]?.();
    expect(readReply(await test.client.receive()).seq).toBe(2);
    release[0]?.();
    expect(readReply(await test.client.receive()).seq).toBe(1);
  });

  it('aborts a cancelled request and sends nothing for it', async () => {
    await using test = await setUp();
    let aborted = false;
    test.agent.onExecute = (_command, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          aborted = true;
          reject(signal.reason);
        });
      });
    await test.client.send(request(execute(7)));
    await poll('the request', { timeoutMs: 5000, intervalMs: 2 }, () => test.agent.calls.length || undefined);
    await test.client.send(cancel(execute(8)));
    expect(readReply(await test.client.ask(pingFrames(1))).seq).toBe(1);
    expect(aborted).toBe(false);
    await test.client.send(cancel(execute(7)));
    expect(readReply(await test.client.ask(pingFrames(2))).seq).toBe(2);
    expect(aborted).toBe(true);
    await poll('the report', { timeoutMs: 5000, intervalMs: 2 }, () =>
      test.reports.find(({ outcome }) => outcome === 'cancelled'),
    );
    expect(test.errors).toEqual([]);
  });

  it('cancels only for the client that asked', async () => {
    await using test = await setUp();
    using other = new RawClient(test.server.address);
    let release = (): void => {};
    test.agent.onExecute = (_command, { signal }) =>
      new Promise((resolve, reject) => {
        release = () => resolve(exampleResult);
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    await test.client.send(request(execute(7)));
    await poll('the request', { timeoutMs: 5000, intervalMs: 2 }, () => test.agent.calls.length || undefined);
    await other.send(cancel(execute(7)));
    await other.ask(pingFrames());
    release();
    expect(readReply(await test.client.receive())).toMatchObject({ type: 2, seq: 7 });
  });

  it('runs two requests with the same id, and answers both', async () => {
    await using test = await setUp();
    await test.client.send(request(execute(5)));
    await test.client.send(request(execute(5)));
    expect(readReply(await test.client.receive())).toMatchObject({ type: 2, seq: 5 });
    expect(readReply(await test.client.receive())).toMatchObject({ type: 2, seq: 5 });
    expect(test.agent.calls).toHaveLength(2);
  });

  it('is busy beyond its bounds, but answers ping', async () => {
    await using test = await setUp({ limits: { maxInFlightPerClient: 2, maxInFlight: 3 } });
    using other = new RawClient(test.server.address);
    test.agent.onExecute = (_command, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const busy = { type: 3, failure: { repr: expect.stringContaining('busy') } };
    await test.client.send(request(execute(1)));
    await test.client.send(request(execute(2)));
    expect(readReply(await test.client.ask(request(execute(3))))).toMatchObject({ ...busy, seq: 3 });
    await other.send(request(execute(1)));
    expect(readReply(await other.ask(request(execute(2))))).toMatchObject({ ...busy, seq: 2 });
    expect(readReply(await test.client.ask(pingFrames(4)))).toMatchObject({ value: 'ping' });
    await test.client.send(cancel(execute(1)));
    await test.client.ask(pingFrames(5));
    test.agent.onExecute = async () => exampleResult;
    expect(readReply(await test.client.ask(request(execute(6))))).toMatchObject({ type: 2 });
  });

  it('bounds the bytes at work', async () => {
    await using test = await setUp({ limits: { maxInFlightBytes: 1000 } });
    const big = { method: 'upload_file', args: [KERNEL, 'x', new Uint8Array(2000)] };
    expect(readReply(await test.client.ask(request(big)))).toMatchObject({
      failure: { repr: expect.stringContaining('busy') },
    });
  });

  it('drops replies for a client that reads too slowly, and goes on for others', async () => {
    await using test = await setUp({ limits: { maxQueuedReplies: 2 } });
    using slow = new RawClient(test.server.address);
    test.agent.files.set('big', new Uint8Array(1024 * 1024));
    await poll('a dropped reply', { timeoutMs: 15_000, intervalMs: 1 }, async () => {
      await slow.send(request({ method: 'download_file', args: [KERNEL, 'big'] }));
      return test.logger.lines.find(({ message }) => message.includes('too slowly'));
    });
    expect(readReply(await test.client.ask(pingFrames())).value).toBe('ping');
  });

  it('drops the reply for a client that is gone', async () => {
    await using test = await setUp();
    let release = (): void => {};
    test.agent.onExecute = () =>
      new Promise((resolve) => {
        release = () => resolve(exampleResult);
      });
    const gone = new RawClient(test.server.address);
    await gone.send(request(execute(1)));
    await poll('the request', { timeoutMs: 5000, intervalMs: 2 }, () => test.agent.calls.length || undefined);
    gone[Symbol.dispose]();
    release();
    expect(readReply(await test.client.ask(pingFrames())).value).toBe('ping');
  });

  it('answers with a failure when the answer can not be encoded', async () => {
    await using test = await setUp();
    const nested: unknown[] = [];
    nested.push(nested);
    test.agent.onExecute = async () => ({ ...exampleResult, options: { nested } });
    expect(readReply(await test.client.ask(request(execute(1))))).toMatchObject({
      type: 3,
      failure: { name: 'RuntimeError' },
    });
  });

  it('answers once, even when a listener throws', async () => {
    const broken = (): never => {
      throw new Error('listener');
    };
    await using test = await setUp({ onCall: broken, onAgentError: broken });
    expect(readReply(await test.client.ask(request(execute(1))))).toMatchObject({ type: 2 });
    expect(readReply(await test.client.ask(request({ method: 'ping' })))).toMatchObject({ type: 3 });
    expect(readReply(await test.client.ask(pingFrames(3)))).toMatchObject({ type: 2, seq: 3 });
    expect(test.logger.lines.filter(({ level }) => level === 'error')).toHaveLength(4);
  });

  it('ignores G1, replies and unknown frames, and says so only to those who debug', async () => {
    await using test = await setUp();
    await test.client.send(['head', 'ping', 'args', 'kwargs']);
    await test.client.send(['nonsense']);
    await test.client.send(pongReply());
    expect(readReply(await test.client.ask(pingFrames())).value).toBe('ping');
    expect(test.logger.lines.map(({ level }) => level)).toEqual(['debug', 'debug', 'debug']);
  });

  it('survives any frames, and answers the ping behind them', async () => {
    await using test = await setUp();
    const [, head = Buffer.alloc(0), body = Buffer.alloc(0)] = pingFrames();
    const mutated = (bytes: Buffer) =>
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }).map((changes) => {
        const copy = Buffer.from(bytes);
        for (const [at, byte] of changes) copy[at % copy.length] = byte;
        return copy;
      });
    const any = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    const frame = fc.oneof(
      any,
      mutated(head),
      mutated(body),
      fc.constantFrom(Buffer.from('UPPER'), Buffer.from('PING')),
    );
    const message = fc.oneof(
      fc.array(frame, { minLength: 1, maxLength: 6 }),
      fc.tuple(fc.constant(Buffer.from('UPPER')), mutated(head), mutated(body)),
      fc.tuple(mutated(head), mutated(body)),
    );
    let seq = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 5 }), async (hostile) => {
        using client = new RawClient(test.server.address);
        for (const frames of hostile) await client.send(frames);
        seq = (seq + 1) % 100;
        await client.send(request({ method: 'ping', args: ['after'], okey: 'mine', seq }));
        for (;;) {
          const framed = readFrames(await client.receive(), 0);
          if (framed.kind !== 'message') continue;
          const reply = decodeHeader(codec.decoder, framed.header);
          if (reply.okey === 'mine' && reply.seq === seq) return;
        }
      }),
      { numRuns: 300 },
    );
    expect(test.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('listening', () => {
  it('says which address is in use, and which setting names it', async () => {
    await using test = await setUp();
    await expect(setUp({ address: test.server.address })).rejects.toMatchObject({
      code: 'RPC_ADDRESS_IN_USE',
      message: expect.stringMatching(new RegExp(`${test.server.address}.*agent\\.rpc-listen-addr`)),
    });
  });

  it('says so when another program has the port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(setUp({ address: `127.0.0.1:${port}` })).rejects.toMatchObject({ code: 'RPC_ADDRESS_IN_USE' });
    other.close();
  });

  it('says so when the address is not of this machine', async () => {
    await expect(setUp({ address: 'tcp://192.0.2.1:0' })).rejects.toMatchObject({ code: 'RPC_BIND_FAILED' });
  });

  it('warns beyond loopback, where nobody has to prove who he is', async () => {
    const logger = new MemoryLogger();
    await using server = (await setUp({ address: 'tcp://0.0.0.0:0', logger })).server;
    expect(server.address).toMatch(/^tcp:\/\/0\.0\.0\.0:\d+$/);
    expect(logger.lines).toEqual([
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('without authentication') }),
    ]);
  });
});

describe('closing', () => {
  it('aborts what is at work, answers it, and frees the port', async () => {
    await using test = await setUp();
    test.agent.onExecute = (_command, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    await test.client.send(request(execute(1)));
    await poll('the request', { timeoutMs: 5000, intervalMs: 2 }, () => test.agent.calls.length || undefined);
    await Promise.all([test.server[Symbol.asyncDispose](), test.server[Symbol.asyncDispose]()]);
    expect(readReply(await test.client.receive())).toMatchObject({
      type: 3,
      failure: { repr: expect.stringContaining('shutting down') },
    });
    // Its reconnecting from a port of the same range could take the very port by itself.
    test.client[Symbol.dispose]();
    // ZeroMQ lets go of the port on a thread of its own, a moment after the close.
    await using again = await poll('the port', { timeoutMs: 10_000, intervalMs: 20 }, () =>
      setUp({ address: test.server.address }).catch((error: unknown) => {
        if (errorCode(error) === 'RPC_ADDRESS_IN_USE') return undefined;
        throw error;
      }),
    );
    expect(again.server.address).toBe(test.server.address);
  });

  it('does not wait for ever for a request that ignores its signal', async () => {
    const test = await setUp({ limits: { closeTimeoutMs: 50 } });
    test.agent.onExecute = () => new Promise(() => {});
    await test.client.send(request(execute(1)));
    await poll('the request', { timeoutMs: 5000, intervalMs: 2 }, () => test.agent.calls.length || undefined);
    await test[Symbol.asyncDispose]();
    expect(test.logger.lines.some(({ message }) => message.includes('did not end in time'))).toBe(true);
  });

  it('refuses new requests meanwhile', async () => {
    await using test = await setUp();
    let release = (): void => {};
    test.agent.onExecute = () =>
      new Promise((_resolve, reject) => {
        release = () => reject(new AgentError('AGENT_CLOSING', 'x'));
      });
    await test.client.send(request(execute(1)));
    await poll('the request', { timeoutMs: 5000, intervalMs: 2 }, () => test.agent.calls.length || undefined);
    const closed = test.server[Symbol.asyncDispose]();
    expect(readReply(await test.client.ask(request({ ...execute(2) })))).toMatchObject({
      seq: 2,
      failure: { repr: expect.stringContaining('shutting down') },
    });
    release();
    await closed;
  });
});
