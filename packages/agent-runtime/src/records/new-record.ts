import type { CreateKernelsCommand, KernelSpec } from '@bai/agent-api';
import type { KernelRecord } from './kernel-record.js';

/** The record of a kernel of which nothing exists yet. */
export function newRecord(command: CreateKernelsCommand, spec: KernelSpec): KernelRecord {
  return {
    version: 1,
    kernelId: spec.kernelId,
    sessionId: command.sessionId,
    creationId: command.creationId,
    state: 'preparing',
    createdAt: Date.now(),
    spec,
    cluster: command.cluster,
    allocations: null,
    hostPorts: [],
    containerId: null,
    created: null,
    termination: null,
    outbox: [],
  };
}
