import type {
  AgentInfo,
  AttachedDevice,
  Completions,
  ConsoleItem,
  CreatedKernel,
  ExecutionResult,
  FileListing,
  KernelStats,
  KernelSummary,
  ServicePort,
} from '@bai/agent-api';
import { describeError, parseAgentId, parseKernelId, parseSessionId, type SessionId } from '@bai/core';
import { z } from 'zod';
import { mapValues } from '../creation/created-kernel.js';
import { malformed } from '../errors.js';
import { EXTENSION_KEYS } from '../execution.js';
import type { WireValue } from '../wire-value.js';

const text = z.string();
const count = z.number();
const textMap = z.record(text, text);
const allocations = z.record(text, z.record(text, z.record(text, text)));
const kernelId = text.transform(parseKernelId);
const sessionId = text.transform(parseSessionId);

/** Parses an answer of an agent. @throws {DialectError} `RPC_MALFORMED` when it isn't what the method answers. */
function parseAnswer<T>(schema: z.ZodType<T>, value: WireValue, method: string): T {
  try {
    return schema.parse(value);
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const problem =
      issue === undefined ? describeError(error) : `${issue.path.map(String).join('.')}: ${issue.message}`;
    throw malformed(`the answer to ${method} is wrong: ${problem}`, { cause: error });
  }
}

const servicePort = z
  .object({
    name: text,
    protocol: text,
    container_ports: z.array(count),
    host_ports: z.array(count.nullable()),
    is_inference: z.boolean().default(false),
  })
  .transform(
    (port): ServicePort => ({
      name: port.name,
      protocol: port.protocol,
      containerPorts: port.container_ports,
      hostPorts: port.host_ports.map((hostPort) => (hostPort === 0 ? null : hostPort)),
      isInference: port.is_inference,
    }),
  );

const attachedDevice = z
  .object({ device_id: text, model_name: text, data: z.record(text, z.union([text, count])) })
  .transform(
    (device): AttachedDevice => ({ deviceId: device.device_id, modelName: device.model_name, data: device.data }),
  );

const createdKernel = z.object({
  id: kernelId,
  kernel_host: text,
  repl_in_port: count,
  repl_out_port: count,
  container_id: text,
  service_ports: z.array(servicePort),
  resource_spec: z.object({ allocations: allocations.default({}) }),
  attached_devices: z.record(text, z.array(attachedDevice)).default({}),
  scaling_group: text.nullish(),
  agent_addr: text.nullish(),
});

export function parseCreatedKernels(value: WireValue, session: SessionId): readonly CreatedKernel[] {
  return parseAnswer(z.array(createdKernel), value, 'create_kernels').map((kernel) => ({
    kernelId: kernel.id,
    sessionId: session,
    containerId: kernel.container_id,
    kernelHost: kernel.kernel_host,
    replInPort: kernel.repl_in_port,
    replOutPort: kernel.repl_out_port,
    servicePorts: kernel.service_ports,
    allocations: kernel.resource_spec.allocations,
    attachedDevices: mapValues(kernel.attached_devices, (devices) => devices),
    scalingGroup: kernel.scaling_group ?? null,
    agentAddress: kernel.agent_addr ?? null,
  }));
}

const consoleItem = z.union([
  z
    .tuple([z.enum(['stdout', 'stderr', 'html', 'log', 'completion']), text])
    .transform(([type, body]): ConsoleItem => ({ type, text: body })),
  z
    .tuple([z.literal('media'), z.tuple([text, text])])
    .transform(([type, [mime, data]]): ConsoleItem => ({ type, mime, data })),
]);

const executionResult = z.object({
  runId: text,
  status: z.enum(['continued', 'waiting-input', 'clean-finished', 'build-finished', 'finished', 'exec-timeout']),
  exitCode: count.nullable(),
  options: z.record(text, z.unknown()).nullable(),
  console: z.array(consoleItem),
  [EXTENSION_KEYS.cursor]: count.default(0),
  [EXTENSION_KEYS.dropped]: count.default(0),
});

export function parseExecutionResult(value: WireValue): ExecutionResult {
  const result = parseAnswer(executionResult, value, 'execute');
  return {
    runId: result.runId,
    status: result.status,
    exitCode: result.exitCode,
    options: result.options,
    console: result.console,
    cursor: result[EXTENSION_KEYS.cursor],
    droppedBytes: result[EXTENSION_KEYS.dropped],
  };
}

const completions = z.object({
  result: z.object({ status: text, error: text.nullable(), suggestions: z.array(text) }),
});

/** A failed completion counts as none: the caller can do nothing better. */
export const parseCompletions = (value: WireValue): Completions => ({
  suggestions: parseAnswer(completions, value, 'get_completions').result.suggestions,
});

export const parseLogs = (value: WireValue): string => parseAnswer(z.object({ logs: text }), value, 'get_logs').logs;

export const parseBytes = (value: WireValue): Uint8Array =>
  parseAnswer(z.instanceof(Uint8Array), value, 'download_file');

export const parseFlag = (value: WireValue): boolean => parseAnswer(z.boolean(), value, 'check_running');

const fileEntries = z.array(
  z.object({ filename: text, mode: text, size: count, ctime: count, mtime: count, atime: count }),
);

export function parseFileListing(value: WireValue): FileListing {
  const answer = parseAnswer(z.object({ files: text, errors: text, abspath: text }), value, 'list_files');
  const files = answer.files === '' ? [] : parseAnswer(fileEntries, parseJson(answer.files), 'list_files');
  return { files, errors: answer.errors, path: answer.abspath };
}

function parseJson(source: string): WireValue {
  try {
    return JSON.parse(source);
  } catch (error) {
    throw malformed('the answer to list_files is not JSON', { cause: error });
  }
}

const agentInfo = z.object({
  agentId: text.transform(parseAgentId),
  version: text,
  runtime: text,
  slots: z.array(z.object({ slot: text, type: z.enum(['count', 'bytes', 'unique']), total: text, available: text })),
  images: z.array(z.object({ canonical: text, labels: textMap })),
});

export const parseAgentInfo = (value: WireValue): AgentInfo => parseAnswer(agentInfo, value, 'node.info');

const kernelSummary = z.object({
  kernelId,
  sessionId,
  state: z.enum(['preparing', 'creating', 'running', 'terminating', 'terminated']),
  image: text,
  containerId: text.nullable(),
  createdAt: count,
  slots: textMap,
  allocations,
  limits: z.record(text, z.enum(['enforced', 'advisory', 'absent'])),
  activeRun: text.nullable(),
});

export const parseKernelSummaries = (value: WireValue): readonly KernelSummary[] =>
  parseAnswer(z.array(kernelSummary), value, 'node.list_kernels');

const figure = count.nullable();

const kernelStats = z.object({
  kernelId,
  at: count,
  cpuUsedMs: figure,
  memoryBytes: figure,
  memoryPeakBytes: figure,
  processes: figure,
  scratchBytes: figure,
});

export const parseKernelStats = (value: WireValue): KernelStats => parseAnswer(kernelStats, value, 'node.kernel_stats');
