import type { AgentEvent, Allocations, ClusterSpec, CreatedKernel, KernelSpec, KernelState } from '@bai/agent-api';
import { type KernelId, parseKernelId, parseSessionId, type SessionId } from '@bai/core';
import { z } from 'zod';

/** How a kernel is to end, or ended. */
export interface Termination {
  readonly reason: string;
  readonly suppressEvents: boolean;
}

/**
 * What the agent intends for one kernel, written before each side effect, and the events that it still owes the world: the outbox.
 * The runtime is the truth about what exists; this is the truth about what should.
 */
export interface KernelRecord {
  readonly version: 1;
  readonly kernelId: KernelId;
  readonly sessionId: SessionId;
  readonly creationId: string | null;
  readonly state: KernelState;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly spec: KernelSpec;
  readonly cluster: ClusterSpec;
  readonly allocations: Allocations | null;
  readonly hostPorts: readonly number[];
  readonly containerId: string | null;
  readonly created: CreatedKernel | null;
  readonly termination: Termination | null;
  readonly outbox: readonly AgentEvent[];
}

const uuid = z.uuid();
const text = z.record(z.string(), z.string());
const allocations = z.record(z.string(), z.record(z.string(), text));
const keyPair = z.object({ publicKey: z.string(), privateKey: z.string() }).nullable();

const specSchema = z.object({
  kernelId: uuid.transform(parseKernelId),
  image: z.object({
    canonical: z.string(),
    labels: text,
    digest: z.string(),
    project: z.string().nullable(),
    architecture: z.string().nullable(),
    isLocal: z.boolean(),
    autoPull: z.enum(['digest', 'tag', 'none']),
    registry: z.object({
      name: z.string(),
      url: z.string(),
      username: z.string().nullable(),
      password: z.string().nullable(),
    }),
  }),
  sessionType: z.enum(['interactive', 'batch', 'inference', 'system']),
  clusterRole: z.string(),
  clusterIndex: z.number(),
  clusterHostname: z.string(),
  slots: text,
  shmemBytes: z
    .number()
    .nullish()
    .transform((value) => value ?? undefined),
  environ: text,
  mounts: z.array(
    z.object({ name: z.string(), source: z.string(), target: z.string(), permission: z.enum(['ro', 'rw', 'wd']) }),
  ),
  bootstrapScript: z.string().nullable(),
  startupCommand: z.string().nullable(),
  preopenPorts: z.array(z.number()),
  dotfiles: z.array(z.object({ path: z.string(), data: z.string(), mode: z.string() })),
  sshKeyPair: keyPair,
  blockServicePorts: z.boolean(),
  scalingGroup: z.string().nullable(),
  agentAddress: z.string().nullable(),
});

const createdSchema = z.object({
  kernelId: uuid.transform(parseKernelId),
  sessionId: uuid.transform(parseSessionId),
  containerId: z.string(),
  kernelHost: z.string(),
  replInPort: z.number(),
  replOutPort: z.number(),
  servicePorts: z.array(
    z.object({
      name: z.string(),
      protocol: z.string(),
      containerPorts: z.array(z.number()),
      hostPorts: z.array(z.number().nullable()),
      isInference: z.boolean(),
    }),
  ),
  allocations,
  attachedDevices: z.record(
    z.string(),
    z.array(
      z.object({
        deviceId: z.string(),
        modelName: z.string(),
        data: z.record(z.string(), z.union([z.string(), z.number()])),
      }),
    ),
  ),
  scalingGroup: z.string().nullable(),
  agentAddress: z.string().nullable(),
});

const base = { eventId: z.string(), at: z.number() };
const kernelBase = {
  ...base,
  kernelId: uuid.transform(parseKernelId),
  sessionId: uuid.transform(parseSessionId),
  creationId: z.string().nullable(),
};
/** Only these are owed across a restart: they tell of a kernel's life. */
const eventSchema = z.discriminatedUnion('type', [
  z.object({ ...kernelBase, type: z.literal('kernel-preparing') }),
  z.object({ ...kernelBase, type: z.literal('kernel-pulling'), image: z.string() }),
  z.object({ ...kernelBase, type: z.literal('kernel-creating') }),
  z.object({ ...kernelBase, type: z.literal('kernel-started'), kernel: createdSchema }),
  z.object({
    ...kernelBase,
    type: z.literal('kernel-terminated'),
    reason: z.string(),
    exitCode: z.number().nullable(),
  }),
]);

const recordSchema = z.object({
  version: z.literal(1),
  kernelId: uuid.transform(parseKernelId),
  sessionId: uuid.transform(parseSessionId),
  creationId: z.string().nullable(),
  state: z.enum(['preparing', 'creating', 'running', 'terminating', 'terminated']),
  createdAt: z.number(),
  spec: specSchema,
  cluster: z.object({
    mode: z.enum(['single-node', 'multi-node']),
    size: z.number(),
    replicas: z.record(z.string(), z.number()),
    networkName: z.string().nullable(),
    sshKeyPair: keyPair,
  }),
  allocations: allocations.nullable(),
  hostPorts: z.array(z.number()),
  containerId: z.string().nullable(),
  created: createdSchema.nullable(),
  termination: z.object({ reason: z.string(), suppressEvents: z.boolean() }).nullable(),
  outbox: z.array(eventSchema),
});

/** Reads a record from the text of its file. @throws ZodError or SyntaxError when it isn't one. */
export function parseRecord(json: string): KernelRecord {
  return recordSchema.parse(JSON.parse(json));
}

/** The text of a record's file. The registry password isn't kept: it is only needed to pull. */
export function formatRecord(record: KernelRecord): string {
  const { spec } = record;
  const registry = { ...spec.image.registry, password: null };
  return `${JSON.stringify({ ...record, spec: { ...spec, image: { ...spec.image, registry } } })}\n`;
}
