import { randomUUID } from 'node:crypto';
import type { AgentEvent, CreatedKernel } from '@bai/agent-api';
import { type KernelId, newKernelId, newSessionId } from '@bai/core';

/** A `kernel-preparing` event with a new id. */
export function exampleEvent(kernelId: KernelId = newKernelId()): AgentEvent {
  return { type: 'kernel-preparing', ...ofKernel(kernelId) };
}

/** One event of each type. */
export function exampleEvents(): readonly AgentEvent[] {
  const kernelId = newKernelId();
  const common = () => ({ eventId: randomUUID(), at: Date.now() });
  const executions = ['execution-started', 'execution-finished', 'execution-timeout', 'execution-cancelled'] as const;
  return [
    { type: 'agent-started', reason: 'self-started', ...common() },
    { type: 'agent-terminated', reason: 'shutdown', ...common() },
    { type: 'agent-error', message: 'Error: it broke', traceback: 'at line 1', ...common() },
    { type: 'kernel-preparing', ...ofKernel(kernelId) },
    { type: 'kernel-pulling', image: 'host/python', ...ofKernel(kernelId) },
    { type: 'kernel-creating', ...ofKernel(kernelId) },
    { type: 'kernel-started', kernel: exampleKernel(kernelId), ...ofKernel(kernelId) },
    ...executions.map((type) => ({ type, ...ofKernel(kernelId) })),
    { type: 'kernel-terminated', reason: 'user-requested', exitCode: 0, ...ofKernel(kernelId) },
  ];
}

const ofKernel = (kernelId: KernelId) => ({
  eventId: randomUUID(),
  at: Date.now(),
  kernelId,
  sessionId: newSessionId(),
  creationId: null,
});

const exampleKernel = (kernelId: KernelId): CreatedKernel => ({
  kernelId,
  sessionId: newSessionId(),
  containerId: 'c0ffee',
  kernelHost: '127.0.0.1',
  replInPort: 0,
  replOutPort: 0,
  servicePorts: [],
  allocations: { cpu: { cpu: { '0': '1' } }, mem: { mem: { root: '1073741824' } } },
  attachedDevices: {},
  scalingGroup: null,
  agentAddress: null,
});
