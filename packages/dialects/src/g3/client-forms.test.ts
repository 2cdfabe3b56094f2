import type { CreateKernelsCommand, KernelSpec } from '@bai/agent-api';
import { parseAgentId, parseKernelId, parseSessionId } from '@bai/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dialect } from '../dialect.js';
import {
  exampleCreateCommand,
  exampleCreatedKernel,
  exampleExecuteCommand,
  exampleResult,
} from '../testing/examples.js';
import { RecordingAgent } from '../testing/recording-agent.js';
import { toCreateKernelsArguments, toDestroyArguments, toExecuteArguments } from './requests.js';
import {
  parseAgentInfo,
  parseCompletions,
  parseCreatedKernels,
  parseExecutionResult,
  parseFileListing,
  parseKernelStats,
  parseKernelSummaries,
} from './results.js';

const dialect = new Dialect('G3');

/** What the agent gets when a client of ours calls, and what the client gets back. */
async function roundTrip(method: string, args: readonly unknown[], agent = new RecordingAgent()) {
  const context = { agent, agentId: parseAgentId('i-node01'), signal: new AbortController().signal };
  const answer = await dialect.call(context, method, dialect.encode({ args, kwargs: {} }));
  return { agent, answer: dialect.decode(dialect.encode(answer)) };
}

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const name = text.filter((key) => key !== '__proto__');
const path = text.map((part) => `/srv/${part.replaceAll(/[./\0]/g, '_')}`);
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const textMap = fc.dictionary(name, text, { maxKeys: 4, noNullPrototype: true });
const keyPair = orNull(fc.record({ publicKey: text, privateKey: text }));

const kernel: fc.Arbitrary<KernelSpec> = fc.record({
  kernelId: fc.uuid().map(parseKernelId),
  image: fc.record({
    canonical: text.map((rest) => `host/${rest}`),
    labels: textMap,
    digest: text,
    project: orNull(text),
    architecture: orNull(text),
    isLocal: fc.boolean(),
    autoPull: fc.constantFrom('digest', 'tag', 'none'),
    registry: fc.record({ name: text, url: text, username: orNull(text), password: orNull(text) }),
  }),
  sessionType: fc.constantFrom('interactive', 'batch', 'inference', 'system'),
  clusterRole: text,
  clusterIndex: fc.nat(),
  clusterHostname: text,
  slots: fc.dictionary(name, fc.constantFrom('0', '1', '0.25', '1073741824', 'Infinity'), { noNullPrototype: true }),
  shmemBytes: fc.option(fc.nat(), { nil: undefined }),
  environ: textMap,
  mounts: fc.array(
    fc.record({ name: text, source: path, target: path, permission: fc.constantFrom('ro', 'rw', 'wd') }),
    { maxLength: 3 },
  ),
  bootstrapScript: orNull(text),
  startupCommand: orNull(text),
  preopenPorts: fc.array(fc.integer({ min: 1, max: 65535 }), { maxLength: 3 }),
  dotfiles: fc.array(fc.record({ path: text, data: text, mode: fc.constantFrom('644', '0600') }), { maxLength: 2 }),
  sshKeyPair: keyPair,
  blockServicePorts: fc.boolean(),
  scalingGroup: orNull(text),
  agentAddress: orNull(text),
});

const command: fc.Arbitrary<CreateKernelsCommand> = fc.record({
  creationId: fc.constant(null),
  sessionId: fc.uuid().map(parseSessionId),
  kernels: fc.array(kernel, { minLength: 1, maxLength: 3 }),
  cluster: fc.record({
    mode: fc.constantFrom('single-node', 'multi-node'),
    size: fc.integer({ min: 1, max: 100 }),
    replicas: fc.dictionary(name, fc.nat(), { maxKeys: 3, noNullPrototype: true }),
    networkName: orNull(text),
    sshKeyPair: keyPair,
  }),
});

describe('a command through our client and our server', () => {
  it('creates what was asked for', async () => {
    await fc.assert(
      fc.asyncProperty(command, async (sent) => {
        const { agent } = await roundTrip('create_kernels', toCreateKernelsArguments(sent));
        expect(agent.calls).toEqual([['createKernels', sent]]);
      }),
    );
  });

  it('brings the created kernels back', async () => {
    const { answer } = await roundTrip('create_kernels', toCreateKernelsArguments(exampleCreateCommand));
    expect(parseCreatedKernels(answer, exampleCreateCommand.sessionId)).toEqual([exampleCreatedKernel]);
  });

  it('destroys', async () => {
    const { kernelId, sessionId } = exampleCreatedKernel;
    const sent = { kernelId, sessionId, reason: 'user-requested', suppressEvents: true };
    const { agent, answer } = await roundTrip('destroy_kernel', toDestroyArguments(sent));
    expect(agent.calls).toEqual([['destroyKernel', sent]]);
    expect(answer).toBeNull();
  });

  it.each([
    exampleExecuteCommand,
    { ...exampleExecuteCommand, runId: null, cursor: null, eager: true, flushTimeoutMs: null },
    {
      ...exampleExecuteCommand,
      mode: 'batch' as const,
      code: '',
      batch: { clean: '', build: 'make', exec: './a.out' },
    },
    { ...exampleExecuteCommand, mode: 'input' as const, code: 'yes', flushTimeoutMs: 1, cursor: 2 ** 40 },
  ])('executes %j', async (sent) => {
    const { agent, answer } = await roundTrip('execute', toExecuteArguments(sent));
    expect(agent.calls).toEqual([['execute', sent]]);
    expect(parseExecutionResult(answer)).toEqual(exampleResult);
  });

  it('brings all kinds of output back', async () => {
    const agent = new RecordingAgent();
    const result = {
      ...exampleResult,
      status: 'waiting-input' as const,
      exitCode: null,
      options: { is_password: true },
      console: [
        { type: 'stderr', text: 'E' },
        { type: 'media', mime: 'image/png', data: 'd' },
        { type: 'log', text: 'l' },
      ] as const,
      droppedBytes: 7,
    };
    agent.onExecute = async () => result;
    const { answer } = await roundTrip('execute', toExecuteArguments(exampleExecuteCommand), agent);
    expect(parseExecutionResult(answer)).toEqual(result);
  });
});

describe('other answers', () => {
  const agent = new RecordingAgent();
  const { kernelId } = exampleCreatedKernel;

  it('come back as they were', async () => {
    expect(parseAgentInfo((await roundTrip('node.info', [])).answer)).toEqual(await agent.info());
    expect(parseKernelSummaries((await roundTrip('node.list_kernels', [])).answer)).toEqual(await agent.listKernels());
    expect(parseKernelStats((await roundTrip('node.kernel_stats', [kernelId])).answer)).toEqual(
      await agent.kernelStats(kernelId),
    );
    expect(parseCompletions((await roundTrip('get_completions', [kernelId, 'pr', {}])).answer)).toEqual({
      suggestions: ['print', 'property'],
    });
    expect(parseFileListing((await roundTrip('list_files', [kernelId, '.'])).answer)).toEqual(
      await agent.listFiles(kernelId, '.'),
    );
  });

  it.each([
    [() => parseExecutionResult({ runId: 1 }), 'execute'],
    [() => parseCreatedKernels([{ id: 'x' }], exampleCreatedKernel.sessionId), 'create_kernels'],
    [() => parseFileListing({ files: '{', errors: '', abspath: '' }), 'list_files'],
    [() => parseKernelSummaries([{ state: 'dancing' }]), 'node.list_kernels'],
  ])('that are wrong are an error which names the method', (parse, method) => {
    expect(parse).toThrow(expect.objectContaining({ code: 'RPC_MALFORMED', message: expect.stringContaining(method) }));
  });
});
