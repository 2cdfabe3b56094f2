import { createServer, type Server } from 'node:net';
import { kernelNotFound } from '@bai/agent-api';
import { MemoryLogger, parseAgentId, parseKernelId, poll } from '@bai/core';
import { exampleResult, RecordingAgent } from '@bai/dialects/testing';
import { describe, expect, it } from 'vitest';
import { Router } from 'zeromq';
import { RpcServer } from '../server/rpc-server.js';
import { listenAgain } from '../testing/listen-again.js';
import { pongReply } from '../testing/raw-client.js';
import { RpcClient, type RpcClientOptions } from './rpc-client.js';

const KERNEL = parseKernelId('6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e21');
const agentId = parseAgentId('i-node01');
const EXECUTE = ['', KERNEL, 3, 'r', 'query', 'x', { 'bai-cursor': 0 }, 2.0] as const;

const listen = (agent: RecordingAgent) =>
  RpcServer.listen({ address: 'tcp://127.0.0.1:0', agent, agentId, limits: { closeTimeoutMs: 1 } });

async function setUp(options: Partial<RpcClientOptions> = {}) {
  const agent = new RecordingAgent();
  const server = await listen(agent);
  const client = await RpcClient.connect({ address: server.address, generation: 'G3', ...options });
  const close = async (): Promise<void> => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  return { agent, server, client, [Symbol.asyncDispose]: close };
}

const hang = (agent: RecordingAgent): { aborted: number } => {
  const seen = { aborted: 0 };
  agent.onExecute = (_command, { signal }) =>
    new Promise((_resolve, reject) =>
      signal?.addEventListener('abort', () => {
        seen.aborted += 1;
        reject(signal.reason);
      }),
    );
  return seen;
};

const calls = (agent: RecordingAgent, count: number) =>
  poll(`${count} calls`, { timeoutMs: 5000, intervalMs: 2 }, () => agent.calls.length >= count || undefined);

describe.each(['G2', 'G3'] as const)('RpcClient of %s', (generation) => {
  it('calls, by position and by keyword', async () => {
    await using test = await setUp({ generation });
    expect(await test.client.call('ping', ['hello'])).toBe('hello');
    expect(await test.client.call('ping', [], { msg: 'hello' })).toBe('hello');
  });

  it('carries many calls at once', async () => {
    await using test = await setUp({ generation });
    const texts = Array.from({ length: 500 }, (_, index) => `text ${index}`);
    expect(await Promise.all(texts.map((text) => test.client.call('ping', [text])))).toEqual(texts);
  });

  it('carries 16 MiB both ways', async () => {
    await using test = await setUp({ generation });
    const data = Buffer.alloc(16 * 2 ** 20, 'random');
    await test.client.call('upload_file', [KERNEL, 'big', data]);
    const back = await test.client.call('download_file', [KERNEL, 'big']);
    expect(back instanceof Uint8Array && data.equals(back)).toBe(true);
  });

  it('tells a failure with its name, repr and traceback', async () => {
    await using test = await setUp({ generation });
    test.agent.failure = kernelNotFound(KERNEL);
    await expect(test.client.call('get_logs', [KERNEL])).rejects.toMatchObject({
      code: 'RPC_REMOTE_FAILURE',
      failure: {
        name: 'KeyError',
        repr: `KeyError(UUID('${KERNEL}'))`,
        traceback: expect.stringContaining('Traceback'),
      },
    });
  });

  it('cancels at its time-out and on abort', async () => {
    await using test = await setUp({ generation });
    const seen = hang(test.agent);
    const args = generation === 'G3' ? EXECUTE : EXECUTE.slice(1);
    await expect(test.client.call('execute', args, {}, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    const controller = new AbortController();
    const call = test.client.call('execute', args, {}, { signal: controller.signal });
    await calls(test.agent, 2);
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await expect(test.client.call('ping', ['x'], {}, { signal: controller.signal })).rejects.toThrow('enough');
    await poll('both aborts', { timeoutMs: 5000, intervalMs: 2 }, () => seen.aborted === 2 || undefined);
  });

  it('fails a call under way when the connection breaks, and works again when the agent is back', async () => {
    await using test = await setUp({ generation });
    test.agent.onExecute = () => new Promise(() => {});
    const call = test.client.call('execute', generation === 'G3' ? EXECUTE : EXECUTE.slice(1));
    const outcome = expect(call).rejects.toMatchObject({ code: 'RPC_CONNECTION_LOST', retryable: true });
    await calls(test.agent, 1);
    await test.server[Symbol.asyncDispose]();
    await outcome;
    await using _back = await listenAgain({ address: test.server.address, agent: test.agent, agentId });
    expect(await test.client.call('ping', ['again'])).toBe('again');
  });
});

describe('RpcClient', () => {
  it('repeats a call that may be repeated', async () => {
    await using test = await setUp();
    // A server that dies without a word: it takes the request and never answers.
    const silent = new RecordingAgent();
    silent.onExecute = () => new Promise(() => {});
    const first = await listen(silent);
    await using client = await RpcClient.connect({ address: first.address, generation: 'G3' });
    const call = client.call('execute', EXECUTE, {}, { onConnectionLost: 'repeat' });
    await calls(silent, 1);
    await first[Symbol.asyncDispose]();
    await using _second = await listenAgain({ address: first.address, agent: test.agent, agentId });
    expect(await call).toMatchObject({ runId: exampleResult.runId });
    expect(test.agent.calls).toHaveLength(1);
  });

  it('waits for a lost agent only so long', async () => {
    await using test = await setUp({ reconnectTimeoutMs: 50 });
    hang(test.agent);
    await test.server[Symbol.asyncDispose]();
    await expect(test.client.call('ping', ['x'])).rejects.toMatchObject({ retryable: true });
    await expect(test.client.call('ping', ['x'])).rejects.toMatchObject({
      code: 'RPC_UNREACHABLE',
      message: expect.stringContaining(test.server.address),
    });
  });

  it('says that nothing accepts connections', async () => {
    const closed = await listen(new RecordingAgent());
    await closed[Symbol.asyncDispose]();
    await expect(
      RpcClient.connect({ address: closed.address, generation: 'G3', pongTimeoutMs: 50 }),
    ).rejects.toMatchObject({
      code: 'RPC_UNREACHABLE',
      message: expect.stringMatching(new RegExp(`${closed.address}.*nothing accepts connections`)),
    });
  });

  it('says that something else answers', async () => {
    const mute = new Router({ linger: 0 });
    await mute.bind('tcp://127.0.0.1:*');
    const connecting = RpcClient.connect({ address: mute.lastEndpoint ?? '', generation: 'G3', pongTimeoutMs: 300 });
    await expect(connecting).rejects.toThrow('something accepts connections there, but does not answer');
    mute.close();
  });

  it('does not take a web server for an agent', async () => {
    const web: Server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => web.once('listening', resolve));
    const bound = web.address();
    const address = `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
    await expect(RpcClient.connect({ address, generation: 'G3', pongTimeoutMs: 200 })).rejects.toMatchObject({
      code: 'RPC_UNREACHABLE',
    });
    web.close();
  });

  it('gives up at once when told to', async () => {
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(RpcClient.connect({ address: '127.0.0.1:1', generation: 'G3', signal })).rejects.toThrow('stop');
  });

  it('rejects what is under way when it is closed, and what comes after', async () => {
    await using test = await setUp();
    hang(test.agent);
    const call = expect(test.client.call('execute', EXECUTE)).rejects.toMatchObject({ code: 'RPC_CLOSED' });
    await test.client[Symbol.asyncDispose]();
    await call;
    await expect(test.client.call('ping', ['x'])).rejects.toMatchObject({ code: 'RPC_CLOSED' });
  });

  it('takes only replies that match in name, number and kind of ordering key', async () => {
    const logger = new MemoryLogger();
    const router = new Router({ linger: 0 });
    await router.bind('tcp://127.0.0.1:*');
    const peer = (async () => {
      const [identity = Buffer.alloc(0)] = await router.receive();
      await router.send([identity, 'PONG', '', '']);
      await router.receive();
      const [upper = Buffer.alloc(0), header = Buffer.alloc(0), body = Buffer.alloc(0)] = pongReply(0);
      const asText = Buffer.from(header.toString('hex').replace('c400', 'a0'), 'hex');
      const other = Buffer.from(header.toString('latin1').replace('ping', 'pong'), 'latin1');
      const wrong = Buffer.from(body.toString('latin1').replace('ping', 'nope'), 'latin1');
      await router.send([identity, upper, asText, wrong]);
      await router.send([identity, upper, other, wrong]);
      await router.send([identity, ...pongReply(9)]);
      await router.send([identity, 'garbage']);
      await router.send([identity, upper, Buffer.from('c1', 'hex'), body]);
      await router.send([identity, upper, header, body]);
    })();
    await using client = await RpcClient.connect({ address: router.lastEndpoint ?? '', generation: 'G3', logger });
    expect(await client.call('ping', ['ping'])).toBe('ping');
    await peer;
    router.close();
  });

  it('fails a call whose answer can not be read', async () => {
    const router = new Router({ linger: 0 });
    await router.bind('tcp://127.0.0.1:*');
    const peer = (async () => {
      const [identity = Buffer.alloc(0)] = await router.receive();
      await router.send([identity, 'PONG', '', '']);
      await router.receive();
      const [upper = Buffer.alloc(0), header = Buffer.alloc(0)] = pongReply(0);
      await router.send([identity, upper, header, Buffer.from('c1', 'hex')]);
    })();
    await using client = await RpcClient.connect({ address: router.lastEndpoint ?? '', generation: 'G3' });
    await expect(client.call('ping', ['ping'])).rejects.toMatchObject({ code: 'RPC_MALFORMED' });
    await peer;
    router.close();
  });
});
