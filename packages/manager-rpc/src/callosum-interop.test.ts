import { AgentError } from '@bai/agent-api';
import { parseAgentId, parseKernelId, poll } from '@bai/core';
import { exampleResult, RecordingAgent } from '@bai/dialects/testing';
import { describe, expect, it } from 'vitest';
import { RpcClient } from './client/rpc-client.js';
import { RpcServer } from './server/rpc-server.js';
import { CallosumCaller, startCallosumServer } from './testing/callosum-peer.js';

const KERNEL = parseKernelId('6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e21');
const SESSION = '5e0a4c11-6f4b-4a3e-8d23-0f4c1b7f9a10';

const VERSIONS = [
  { version: '0.9.7', generation: 'G2', okey: 'str', variable: 'BAI_TEST_CALLOSUM_097_PYTHON' },
  { version: '1.0.3', generation: 'G3', okey: 'bin', variable: 'BAI_TEST_CALLOSUM_103_PYTHON' },
] as const;

const pythonOf = ({ variable }: (typeof VERSIONS)[number]): string => process.env[variable] ?? '';

for (const { version, variable } of VERSIONS.filter((entry) => pythonOf(entry) === '')) {
  describe(`callosum ${version}`, () => {
    const reason = `set ${variable}, see scripts/setup-callosum.sh`;
    if (process.env['CI'] === 'true') {
      it('is there in CI', () => {
        throw new Error(`the interop tests need it: ${reason}`);
      });
    } else it(`skipped: ${reason}`, ({ skip }) => skip(reason));
  });
}

describe.each(VERSIONS.filter((entry) => pythonOf(entry) !== ''))('a real callosum $version', (entry) => {
  const { generation, okey } = entry;
  /** Arguments that only one generation has in front. */
  const inG3 = (value: unknown): readonly unknown[] => (generation === 'G3' ? [value] : []);

  async function setUp() {
    const agent = new RecordingAgent();
    const server = await RpcServer.listen({ address: '127.0.0.1:0', agent, agentId: parseAgentId('i-node01') });
    const caller = new CallosumCaller(pythonOf(entry), server.address);
    const close = async (): Promise<void> => {
      await caller[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    };
    return { agent, caller, [Symbol.asyncDispose]: close };
  }

  it('calls every method that we serve', async () => {
    await using test = await setUp();
    const config = { image: { canonical: 'host/python' }, resource_slots: { cpu: '1', mem: '1024' } };
    const creation =
      generation === 'G2' ? ['c', SESSION, [KERNEL], [config], {}] : [SESSION, [KERNEL], [config], {}, {}];
    const completions = { suggestions: ['print', 'property'] };
    const file = { $bytes: '00ff0a' };
    const run = {
      runId: 'r1',
      status: 'finished',
      exitCode: 0,
      options: null,
      console: [['stdout', 'hello\n']],
      files: [],
    };
    const calls: [string, readonly unknown[], unknown][] = [
      ['ping', ['hello'], 'hello'],
      ['create_kernels', creation, [expect.objectContaining({ id: KERNEL, repl_in_port: 30000, stdin_port: 0 })]],
      ['execute', [...inG3(SESSION), KERNEL, 3, null, 'query', 'x', {}, 2.0], run],
      ['interrupt_kernel', [KERNEL], generation === 'G2' ? null : { status: 'finished' }],
      [
        'get_completions',
        [KERNEL, 'pr', { row: 1 }],
        generation === 'G2'
          ? { status: 'finished', completions }
          : { result: { status: 'finished', error: null, ...completions } },
      ],
      ['get_logs', [KERNEL], { logs: 'started\n' }],
      ['upload_file', [KERNEL, 'a.bin', file], null],
      ['download_file', [KERNEL, 'a.bin'], file],
      ['list_files', [KERNEL, '.'], expect.objectContaining({ errors: '', abspath: '.' })],
      ...(generation === 'G3'
        ? [['check_running', [KERNEL], true] satisfies [string, readonly unknown[], unknown]]
        : []),
      ['destroy_kernel', [KERNEL, ...inG3(SESSION), 'user-requested'], null],
    ];
    for (const [method, args, result] of calls) {
      const kwargs = generation === 'G3' && method !== 'ping' ? { agent_id: 'i-node01' } : {};
      expect(await test.caller.call({ method, args, kwargs, okey })).toEqual({ result });
    }
    expect(test.agent.calls).toHaveLength(calls.length - 1);
  });

  it('gets the other kind of ordering key back as well', async () => {
    await using test = await setUp();
    for (const kind of ['str', 'bin'] as const) {
      expect(await test.caller.call({ method: 'ping', args: ['x'], okey: kind })).toEqual({ result: 'x' });
    }
  });

  it('sees each error as an exception with name, repr and traceback', async () => {
    await using test = await setUp();
    const failure = (name: string, repr: string) => ({
      failure: [name, repr, expect.stringMatching(/^Traceback \(most recent call last\):\n/)],
    });
    expect(await test.caller.call({ method: 'no_such_method', args: [], okey })).toEqual(
      failure('KeyError', "KeyError('no_such_method')"),
    );
    expect(await test.caller.call({ method: 'ping', args: [], okey })).toEqual(
      failure('TypeError', `TypeError("missing a required argument: 'msg'")`),
    );
    test.agent.failure = new AgentError('INSUFFICIENT_RESOURCE', 'not enough cpu');
    expect(await test.caller.call({ method: 'get_logs', args: [KERNEL], okey })).toEqual(
      failure('InsufficientResource', "InsufficientResource('not enough cpu')"),
    );
  });

  it('is answered when each request ends, not in their order', async () => {
    await using test = await setUp();
    test.agent.onExecute = async ({ runId }) => {
      if (runId === 'first')
        await poll('the second', { timeoutMs: 5000, intervalMs: 2 }, () => test.agent.calls.length > 1 || undefined);
      return { ...exampleResult, runId: runId ?? '' };
    };
    const request = (runId: string) => ({
      method: 'execute',
      args: [...inG3(SESSION), KERNEL, 3, runId, 'query', 'x', {}, 2.0],
      okey,
    });
    const answers = await test.caller.callAll([request('first'), request('second')]);
    expect(answers.map(({ index }) => index).sort()).toEqual([0, 1]);
    for (const { index, result } of answers) expect(result).toMatchObject({ runId: ['first', 'second'][index] });
  });

  it('cancels at its time-out, and goes on', async () => {
    await using test = await setUp();
    let aborted = false;
    test.agent.onExecute = (_command, { signal }) =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => {
          aborted = true;
          reject(signal.reason);
        }),
      );
    const args = [...inG3(SESSION), KERNEL, 3, 'r', 'query', 'x', {}, null];
    expect(await test.caller.call({ method: 'execute', args, okey, timeout: 0.2 })).toEqual({ timeout: true });
    await poll('the abort', { timeoutMs: 5000, intervalMs: 5 }, () => aborted || undefined);
    expect(await test.caller.call({ method: 'ping', args: ['still there'], okey })).toEqual({ result: 'still there' });
  });

  it('answers our client', async () => {
    await using server = await startCallosumServer(pythonOf(entry));
    await using client = await RpcClient.connect({ address: server.address, generation });
    expect(await client.call('ping', ['hello'])).toBe('hello');
    const sent = [1, -1, 2 ** 40, 'é한', Uint8Array.of(0, 255), [null, true], { a: 1.5 }];
    expect(await client.call('everything', sent, { key: 'word' })).toEqual({
      args: sent,
      kwargs: { key: 'word' },
      big: 2n ** 63n,
      float: 2,
      nil: null,
    });
    await expect(client.call('fail', [])).rejects.toMatchObject({
      failure: {
        name: 'ValueError',
        repr: `ValueError("it's wrong", 7)`,
        traceback: expect.stringContaining('in fail'),
      },
    });
    await expect(client.call('slow', [30], {}, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(await Promise.all([client.call('slow', [0.05]), client.call('ping', [1])])).toEqual(['late', 1]);
  });
});
