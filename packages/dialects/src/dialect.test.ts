import { AgentError } from '@bai/agent-api';
import { parseAgentId } from '@bai/core';
import { describe, expect, it } from 'vitest';
import { Dialect } from './dialect.js';
import type { Generation } from './methods/method.js';
import { METHODS } from './methods/method-table.js';
import { RecordingAgent } from './testing/recording-agent.js';
import { loadVectors, type Vector } from './testing/vectors.js';
import { isWireMap } from './wire-value.js';

const KERNEL = '6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e21';
const SESSION = '5e0a4c11-6f4b-4a3e-8d23-0f4c1b7f9a10';
const dialects = { G2: new Dialect('G2'), G3: new Dialect('G3') };

const context = (agent: RecordingAgent) => ({
  agent,
  agentId: parseAgentId('i-node01'),
  signal: new AbortController().signal,
});

async function call(
  generation: Generation,
  method: string,
  args: readonly unknown[],
  kwargs: object = {},
  agent = new RecordingAgent(),
) {
  const dialect = dialects[generation];
  const answer = await dialect.call(context(agent), method, dialect.encode({ args, kwargs }));
  return { answer, calls: agent.calls };
}

describe('recorded requests', () => {
  const vectors = [
    ...loadVectors(new URL('../vectors/rpc.json', import.meta.url)),
    ...loadVectors(new URL('../vectors/rpc-g3-releases.json', import.meta.url)),
  ].filter(({ name }) => /^G(2|3|3L|3R)\..*request$/.test(name) && !/transport|snappy|zap/.test(name));

  const run = async ({ generation, frames }: Vector) => {
    const dialect = dialects[generation === 'G2' ? 'G2' : 'G3'];
    const header = dialects.G2.decode(frames.at(-2) ?? new Uint8Array());
    const body = dialects.G2.decode(frames.at(-1) ?? new Uint8Array());
    const method = isWireMap(header) ? String(header['meth']) : '';
    const payload = isWireMap(body) && body['body'] instanceof Uint8Array ? body['body'] : new Uint8Array();
    const agent = new RecordingAgent();
    try {
      return { answer: await dialect.call(context(agent), method, payload), calls: agent.calls };
    } catch (error) {
      return { code: error instanceof Error && 'code' in error ? error.code : error };
    }
  };

  const LATER = { code: 'NOT_SUPPORTED' };
  const creates = (sessionType: string) => ({
    calls: [
      [
        'createKernels',
        expect.objectContaining({
          creationId: null,
          sessionId: SESSION,
          kernels: [expect.objectContaining({ kernelId: KERNEL, sessionType, slots: { cpu: '2', mem: '2147483648' } })],
        }),
      ],
    ],
  });
  const destroys = (reason: string) => ({
    answer: null,
    calls: [['destroyKernel', { kernelId: KERNEL, sessionId: SESSION, reason, suppressEvents: false }]],
  });
  const id = '3f0e5a52-4d0b-4f5a-9d0e-2f8b3a1c9e77';
  const data = Buffer.from('68656c6c6f00ff776f726c640a', 'hex');
  const released = (line: string): Record<string, unknown> => ({
    [`${line}.check_and_pull.request`]: LATER,
    [`${line}.create_kernels.request`]: creates('interactive'),
    [`${line}.create_kernels.inference.request`]: creates('inference'),
    [`${line}.trigger_batch_execution.request`]: LATER,
    [`${line}.destroy_kernel.request`]: destroys(line === 'G3R' ? 'PREEMPTED_BY_SCHEDULER' : 'user-requested'),
    [`${line}.sync_kernel_registry.request`]: LATER,
    [`${line}.check_running.request`]: { answer: true, calls: [['checkRunning', KERNEL]] },
    [`${line}.commit.image.request`]: LATER,
    [`${line}.commit.file.request`]: LATER,
    [`${line}.push_image.request`]: LATER,
    [`${line}.purge_images.request`]: LATER,
    [`${line}.get_local_config.request`]: LATER,
    [`${line}.health_v2.request`]: LATER,
    [`${line}.gather_hwinfo_v2.request`]: LATER,
    [`${line}.restart_kernel.request`]: LATER,
    [`${line}.ping.request`]: { answer: 'ping' },
  });
  const expected: Record<string, unknown> = {
    'G2.ping.request': { answer: 'ping' },
    'G2.upload_file.request': { answer: null, calls: [['uploadFile', id, 'hello.txt', Uint8Array.from(data)]] },
    'G2.destroy_kernel.request': {
      calls: [['destroyKernel', { kernelId: id, sessionId: null, reason: 'user-requested', suppressEvents: false }]],
    },
    'G2.slow.request': { code: 'RPC_UNKNOWN_METHOD' },
    'G2.null-body.request': { code: 'RPC_UNKNOWN_METHOD' },
    'G3.ping.request': { answer: 'ping' },
    'G3.upload_file.request': { answer: null, calls: [['uploadFile', id, 'hello.txt', Uint8Array.from(data)]] },
    'G3.destroy_kernel.request': {
      calls: [['destroyKernel', { kernelId: id, sessionId: id, reason: 'user-requested', suppressEvents: false }]],
    },
    'G3.slow.request': { code: 'RPC_UNKNOWN_METHOD' },
    'G3.null-body.request': { code: 'RPC_UNKNOWN_METHOD' },
    'G3.create_kernels.excerpt.request': {
      calls: [['createKernels', expect.objectContaining({ kernels: [expect.objectContaining({ kernelId: id })] })]],
    },
    'G3.commit.request': LATER,
    'G3.push_image.request': LATER,
    'G3.health_v2.request': LATER,
    ...released('G3L'),
    ...released('G3R'),
    'G3L.update_scaling_group.request': LATER,
  };

  it.each(vectors)('$name', async (vector) => {
    expect(expected).toHaveProperty([vector.name]);
    expect(await run(vector)).toMatchObject(expected[vector.name] as object);
  });

  it('has an expectation for each and no other', () => {
    expect(vectors.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
  });
});

describe('agent_id', () => {
  it.each([[{}], [{ agent_id: null }], [{ agent_id: 'i-node01' }]])('may be %j', async (kwargs) => {
    expect((await call('G3', 'get_logs', [KERNEL], kwargs)).answer).toEqual({ logs: 'started\n' });
  });

  it('may stand in the last position', async () => {
    expect((await call('G3', 'get_logs', [KERNEL, 'i-node01'])).answer).toEqual({ logs: 'started\n' });
  });

  it('of another agent is refused', async () => {
    await expect(call('G3', 'get_logs', [KERNEL], { agent_id: 'i-other' })).rejects.toMatchObject({
      code: 'AGENT_NOT_FOUND',
      message: "Agent 'i-other' not found in this runtime. Available agents: i-node01",
    });
  });

  it.each([
    ['G3', 'ping', ['x']],
    ['G2', 'get_logs', [KERNEL]],
  ] as const)('is unknown to %s %s', async (generation, method, args) => {
    await expect(call(generation, method, args, { agent_id: 'i-node01' })).rejects.toMatchObject({
      code: 'RPC_WRONG_ARGUMENTS',
      message: "got an unexpected keyword argument 'agent_id'",
    });
  });
});

describe('answers of each generation', () => {
  it.each([
    ['G2', 'interrupt_kernel', [KERNEL], null],
    ['G3', 'interrupt_kernel', [KERNEL], { status: 'finished' }],
    [
      'G2',
      'get_completions',
      [KERNEL, 'pr', {}],
      { status: 'finished', completions: { suggestions: ['print', 'property'] } },
    ],
    [
      'G2',
      'get_completions',
      [KERNEL, 'query', 'pr', {}],
      { status: 'finished', completions: { suggestions: ['print', 'property'] } },
    ],
    [
      'G3',
      'get_completions',
      [KERNEL, 'pr', {}],
      { result: { status: 'finished', error: null, suggestions: ['print', 'property'] } },
    ],
    ['G2', 'destroy_kernel', [KERNEL, 'user-requested', true], null],
    ['G2', 'download_file', [KERNEL, 'x'], Uint8Array.of(1, 2, 3)],
    ['G3', 'check_running', [SESSION], false],
  ] as const)('%s %s %j', async (generation, method, args, answer) => {
    expect((await call(generation, method, args)).answer).toEqual(answer);
  });

  it('lists files as JSON text with a line feed', async () => {
    const { answer } = await call('G2', 'list_files', [KERNEL, 'sub']);
    expect(answer).toMatchObject({ errors: '', abspath: 'sub', files: expect.stringMatching(/^\[\{.*\}\]\n$/) });
  });

  it('takes arguments by keyword as the documents name them', async () => {
    const kwargs = { kernel_id: KERNEL, session_id: SESSION, reason: 'idle-timeout', suppress_events: true };
    expect((await call('G3', 'destroy_kernel', [], kwargs)).calls).toEqual([
      ['destroyKernel', { kernelId: KERNEL, sessionId: SESSION, reason: 'idle-timeout', suppressEvents: true }],
    ]);
  });

  it('tells a completion that failed from a call that was wrong', async () => {
    const agent = new RecordingAgent();
    agent.failure = new AgentError('KERNEL_NOT_RUNNING', 'no runner');
    expect((await call('G3', 'get_completions', [KERNEL, 'x', {}], {}, agent)).answer).toEqual({
      result: { status: 'failed', error: 'no runner', suggestions: [] },
    });
    agent.failure = new AgentError('KERNEL_NOT_FOUND', 'gone');
    await expect(call('G3', 'get_completions', [KERNEL, 'x', {}], {}, agent)).rejects.toBe(agent.failure);
  });
});

describe('the method table', () => {
  it('has each name once', () => {
    const names = METHODS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('starts a method before call returns, so that requests begin in order', () => {
    const agent = new RecordingAgent();
    const dialect = dialects.G3;
    const payload = dialect.encode({ args: [KERNEL], kwargs: {} });
    void dialect.call(context(agent), 'get_logs', payload);
    void dialect.call(context(agent), 'interrupt_kernel', payload);
    expect(agent.calls.map(([name]) => name)).toEqual(['getLogs', 'interruptKernel']);
  });

  it('keeps our own methods out of G2', async () => {
    await expect(call('G2', 'node.info', [])).rejects.toMatchObject({ code: 'RPC_UNKNOWN_METHOD' });
    await expect(call('G2', 'check_running', [KERNEL])).rejects.toMatchObject({ code: 'RPC_UNKNOWN_METHOD' });
  });
});
