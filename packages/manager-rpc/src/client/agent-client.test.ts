import { AgentError, kernelNotFound } from '@bai/agent-api';
import { parseAgentId, poll } from '@bai/core';
import {
  exampleCreateCommand,
  exampleCreatedKernel,
  exampleExecuteCommand,
  exampleResult,
  RecordingAgent,
} from '@bai/dialects/testing';
import { describe, expect, it } from 'vitest';
import { RpcServer } from '../server/rpc-server.js';
import { listenAgain } from '../testing/listen-again.js';
import { AgentClient } from './agent-client.js';

const agentId = parseAgentId('i-node01');
const { kernelId, sessionId } = exampleCreatedKernel;

async function setUp(agent = new RecordingAgent()) {
  const server = await RpcServer.listen({ address: '127.0.0.1:0', agent, agentId, limits: { closeTimeoutMs: 1 } });
  const client = await AgentClient.connect({ address: server.address });
  const close = async (): Promise<void> => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  return { agent, server, client, [Symbol.asyncDispose]: close };
}

describe('AgentClient', () => {
  it('does over the wire what an agent does', async () => {
    await using test = await setUp();
    const { client } = test;
    const direct = new RecordingAgent();
    const data = Uint8Array.of(0, 255, 10);
    const destroy = { kernelId, sessionId, reason: 'user-requested', suppressEvents: false };
    for (const use of [
      (agent: AgentClient | RecordingAgent) => agent.info(),
      (agent: AgentClient | RecordingAgent) => agent.createKernels(exampleCreateCommand),
      (agent: AgentClient | RecordingAgent) => agent.execute(exampleExecuteCommand),
      (agent: AgentClient | RecordingAgent) => agent.interruptKernel(kernelId),
      (agent: AgentClient | RecordingAgent) => agent.getCompletions(kernelId, 'pr', { row: 1 }),
      (agent: AgentClient | RecordingAgent) => agent.getLogs(kernelId),
      (agent: AgentClient | RecordingAgent) => agent.uploadFile(kernelId, 'a', data),
      (agent: AgentClient | RecordingAgent) => agent.downloadFile(kernelId, 'a'),
      (agent: AgentClient | RecordingAgent) => agent.listFiles(kernelId, '.'),
      (agent: AgentClient | RecordingAgent) => agent.checkRunning(kernelId),
      (agent: AgentClient | RecordingAgent) => agent.listKernels(),
      (agent: AgentClient | RecordingAgent) => agent.kernelStats(kernelId),
      (agent: AgentClient | RecordingAgent) => agent.destroyKernel(destroy),
    ]) {
      expect(await use(client)).toEqual(await use(direct));
    }
    expect(test.agent.calls).toEqual(direct.calls);
  });

  it.each([
    kernelNotFound(kernelId),
    new AgentError('INSUFFICIENT_RESOURCE', "not enough 'cpu'"),
    new AgentError('BUSY', 'too much', { retryable: true }),
  ])('brings the error back: $code', async (failure) => {
    await using test = await setUp();
    test.agent.failure = failure;
    const call = test.client.execute(exampleExecuteCommand);
    await expect(call).rejects.toBeInstanceOf(AgentError);
    await expect(call).rejects.toMatchObject({
      code: failure.code,
      message: failure.message,
      retryable: failure.retryable,
    });
  });

  it('says what it can of an error that is none of the domain', async () => {
    await using test = await setUp();
    test.agent.failure = new Error('boom');
    await expect(test.client.getLogs(kernelId)).rejects.toMatchObject({
      code: 'RPC_REMOTE_FAILURE',
      message: "get_logs failed: RuntimeError('boom')",
    });
  });

  it('goes on with a run across a restart of the agent, and fails what may not be repeated', async () => {
    const silent = new RecordingAgent();
    silent.onExecute = () => new Promise(() => {});
    await using test = await setUp(silent);
    const run = test.client.execute({ ...exampleExecuteCommand, cursor: 3 });
    const fresh = test.client.execute({ ...exampleExecuteCommand, cursor: null });
    const lost = expect(fresh).rejects.toMatchObject({ code: 'RPC_CONNECTION_LOST', retryable: true });
    await poll('both calls', { timeoutMs: 5000, intervalMs: 2 }, () => silent.calls.length === 2 || undefined);
    await test.server[Symbol.asyncDispose]();
    await lost;
    const back = new RecordingAgent();
    await using _server = await listenAgain({ address: test.server.address, agent: back, agentId });
    expect(await run).toEqual(exampleResult);
    expect(back.calls).toEqual([['execute', { ...exampleExecuteCommand, cursor: 3 }]]);
  });

  it('goes on with a run when the agent says goodbye and comes back', async () => {
    const closing = new RecordingAgent();
    closing.onExecute = (_command, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    await using test = await setUp(closing);
    const run = test.client.execute(exampleExecuteCommand);
    await poll('the call', { timeoutMs: 5000, intervalMs: 2 }, () => closing.calls.length === 1 || undefined);
    await test.server[Symbol.asyncDispose]();
    await using _server = await listenAgain({ address: test.server.address, agent: new RecordingAgent(), agentId });
    expect(await run).toEqual(exampleResult);
  });

  it('gives up on an agent that says goodbye for good', async () => {
    const agent = new RecordingAgent();
    agent.failure = new AgentError('AGENT_CLOSING', 'stopping', { retryable: true });
    await using server = await RpcServer.listen({ address: '127.0.0.1:0', agent, agentId });
    await using client = await AgentClient.connect({ address: server.address, reconnectTimeoutMs: 10 });
    await expect(client.getLogs(kernelId)).rejects.toMatchObject({ code: 'AGENT_CLOSING', retryable: true });
  });

  it('names the address of an agent that is not there', async () => {
    const connecting = AgentClient.connect({ address: '127.0.0.1:1', pongTimeoutMs: 50 });
    await expect(connecting).rejects.toMatchObject({
      code: 'RPC_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });
});
