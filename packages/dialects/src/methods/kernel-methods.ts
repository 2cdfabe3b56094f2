import { AgentError, type Completions } from '@bai/agent-api';
import {
  anything,
  boolean,
  integer,
  kernelId,
  list,
  map,
  nullable,
  number,
  optional,
  required,
  sessionId,
  text,
} from '../arguments.js';
import { toCreateCommand } from '../creation/command.js';
import { fromCreatedKernel } from '../creation/created-kernel.js';
import { fromExecutionResult, toExecuteCommand } from '../execution.js';
import { g2Creation } from '../g2/creation.js';
import { g3Creation } from '../g3/creation.js';
import { type CallContext, g2, g3, type Method } from './method.js';

const DEFAULT_REASON = 'user-requested';

const createKernels: Method = {
  name: 'create_kernels',
  summary: 'Creates the kernels of a session on this agent, all or none.',
  G2: g2(
    [
      required('creation_id', text),
      required('raw_session_id', sessionId),
      required('raw_kernel_ids', list),
      required('raw_configs', list),
      required('raw_cluster_info', map),
    ],
    async ({ agent, signal }, creationId, session, kernelIds, configs, clusterInfo) => {
      const call = { creationId, sessionId: session, kernelIds, configs, clusterInfo };
      const kernels = await agent.createKernels(toCreateCommand(call, g2Creation), { signal });
      return kernels.map((kernel) => fromCreatedKernel(kernel, 'G2'));
    },
  ),
  G3: g3(
    [
      required('raw_session_id', sessionId),
      required('raw_kernel_ids', list),
      required('raw_configs', list),
      required('raw_cluster_info', map),
      // Says nothing that the configs don't say. @see spec/02 §2.3
      required('kernel_image_refs', anything),
    ],
    async ({ agent, signal }, session, kernelIds, configs, clusterInfo) => {
      const call = { creationId: null, sessionId: session, kernelIds, configs, clusterInfo };
      const kernels = await agent.createKernels(toCreateCommand(call, g3Creation), { signal });
      return kernels.map((kernel) => fromCreatedKernel(kernel, 'G3'));
    },
  ),
};

const destroyKernel: Method = {
  name: 'destroy_kernel',
  summary: 'Ends a kernel and removes all it left. An unknown kernel is success.',
  G2: g2(
    [
      required('kernel_id', kernelId),
      optional('reason', nullable(text), null),
      optional('suppress_events', boolean, false),
    ],
    async ({ agent, signal }, id, reason, suppressEvents) => {
      const command = { kernelId: id, sessionId: null, reason: reason ?? DEFAULT_REASON, suppressEvents };
      await agent.destroyKernel(command, { signal });
      return null;
    },
  ),
  G3: g3(
    [
      required('kernel_id', kernelId),
      required('session_id', nullable(sessionId)),
      optional('reason', nullable(text), null),
      optional('suppress_events', boolean, false),
    ],
    async ({ agent, signal }, id, session, reason, suppressEvents) => {
      const command = { kernelId: id, sessionId: session, reason: reason ?? DEFAULT_REASON, suppressEvents };
      await agent.destroyKernel(command, { signal });
      return null;
    },
  ),
};

const runParameters = [
  required('kernel_id', kernelId),
  required('api_version', integer),
  required('run_id', nullable(text)),
  required('mode', text),
  required('code', nullable(text)),
  required('opts', nullable(map)),
  required('flush_timeout', nullable(number)),
] as const;

const execute: Method = {
  name: 'execute',
  summary: 'Starts or continues a run, and answers with its output so far.',
  G2: g2(runParameters, async ({ agent, signal }, id, apiVersion, runId, mode, code, opts, flushTimeout) => {
    const command = toExecuteCommand({ kernelId: id, runId, mode, code, opts, flushTimeout });
    return fromExecutionResult(await agent.execute(command, { signal }), apiVersion, opts);
  }),
  G3: g3(
    [required('session_id', nullable(text)), ...runParameters],
    async ({ agent, signal }, _session, id, apiVersion, runId, mode, code, opts, flushTimeout) => {
      const command = toExecuteCommand({ kernelId: id, runId, mode, code, opts, flushTimeout });
      return fromExecutionResult(await agent.execute(command, { signal }), apiVersion, opts);
    },
  ),
};

const interruptKernel: Method = {
  name: 'interrupt_kernel',
  summary: 'Interrupts the code that runs. The kernel and its variables stay.',
  G2: g2([required('kernel_id', kernelId)], async ({ agent, signal }, id) => {
    await agent.interruptKernel(id, { signal });
    return null;
  }),
  G3: g3([required('kernel_id', kernelId)], async ({ agent, signal }, id) => {
    await agent.interruptKernel(id, { signal });
    return { status: 'finished' };
  }),
};

const completionParameters = [
  required('kernel_id', kernelId),
  required('text', text),
  required('opts', nullable(map)),
] as const;

const getCompletions: Method = {
  name: 'get_completions',
  summary: 'Completions of the text at a place.',
  G2: g2(
    completionParameters,
    async ({ agent, signal }, id, code, opts) => {
      const { suggestions } = await agent.getCompletions(id, code, opts ?? {}, { signal });
      return { status: 'finished', completions: { suggestions } };
    },
    // Managers up to 20.09.10 put the mode in second place. @see spec/02 §7.4
    { adapt: (args) => (args.length === 4 ? [args[0] ?? null, ...args.slice(2)] : args) },
  ),
  G3: g3(completionParameters, async (context, id, code, opts) => {
    try {
      const completions = await context.agent.getCompletions(id, code, opts ?? {}, { signal: context.signal });
      return completionResult('finished', null, completions);
    } catch (error) {
      if (!isRunnerFailure(error, context)) throw error;
      return completionResult('failed', error.message, { suggestions: [] });
    }
  }),
};

const completionResult = (status: string, error: string | null, { suggestions }: Completions): object => ({
  result: { status, error, suggestions },
});

/** The runner failed, as opposed to a call that was wrong or given up: only that is an answer of `get_completions`. */
function isRunnerFailure(error: unknown, { signal }: CallContext): error is AgentError {
  return error instanceof AgentError && !signal.aborted && error.code === 'KERNEL_NOT_RUNNING';
}

const getLogs: Method = {
  name: 'get_logs',
  summary: "The container's log so far, stdout and stderr.",
  G2: g2([required('kernel_id', kernelId)], async ({ agent, signal }, id) => ({
    logs: await agent.getLogs(id, { signal }),
  })),
  G3: g3([required('kernel_id', kernelId)], async ({ agent, signal }, id) => ({
    logs: await agent.getLogs(id, { signal }),
  })),
};

const checkRunning: Method = {
  name: 'check_running',
  summary: 'True only for a kernel that runs. Never fails for an unknown kernel.',
  G3: g3([required('kernel_id', kernelId)], ({ agent, signal }, id) => agent.checkRunning(id, { signal })),
};

export const kernelMethods: readonly Method[] = [
  createKernels,
  destroyKernel,
  execute,
  interruptKernel,
  getCompletions,
  getLogs,
  checkRunning,
];
