import type { CreatedKernel, CreateKernelsCommand, ExecuteCommand, ExecutionResult } from '@bai/agent-api';
import { parseKernelId, parseSessionId } from '@bai/core';

const kernelId = parseKernelId('6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e21');
const sessionId = parseSessionId('5e0a4c11-6f4b-4a3e-8d23-0f4c1b7f9a10');

/** The command for one small kernel on the stand-alone runtime. */
export const exampleCreateCommand: CreateKernelsCommand = {
  creationId: null,
  sessionId,
  kernels: [
    {
      kernelId,
      image: {
        canonical: 'host/python',
        labels: {},
        digest: '',
        project: null,
        architecture: null,
        isLocal: true,
        autoPull: 'none',
        registry: { name: '', url: '', username: null, password: null },
      },
      sessionType: 'interactive',
      clusterRole: 'main',
      clusterIndex: 1,
      clusterHostname: 'main1',
      slots: { cpu: '1', mem: '268435456' },
      shmemBytes: undefined,
      environ: {},
      mounts: [],
      bootstrapScript: null,
      startupCommand: null,
      preopenPorts: [],
      dotfiles: [],
      sshKeyPair: null,
      blockServicePorts: false,
      scalingGroup: null,
      agentAddress: null,
    },
  ],
  cluster: { mode: 'single-node', size: 1, replicas: { main: 1 }, networkName: null, sshKeyPair: null },
};

/** The same values as in the vector `G3L.create_kernels.reply`, with the allocations of `G3L.kernel_started.args`. */
export const exampleCreatedKernel: CreatedKernel = {
  kernelId,
  sessionId,
  containerId: 'f3b1'.repeat(16),
  kernelHost: '10.0.0.7',
  replInPort: 30000,
  replOutPort: 30001,
  servicePorts: [
    { name: 'sshd', protocol: 'tcp', containerPorts: [2200], hostPorts: [30002], isInference: false },
    { name: 'ttyd', protocol: 'http', containerPorts: [7681], hostPorts: [30003], isInference: false },
    { name: 'jupyter', protocol: 'http', containerPorts: [8081], hostPorts: [30004], isInference: false },
  ],
  allocations: { cpu: { cpu: { '0': '1', '1': '1' } }, mem: { mem: { root: '2147483648' } } },
  attachedDevices: { cpu: [{ deviceId: '0', modelName: '', data: { cores: 2 } }], mem: [] },
  scalingGroup: 'default',
  agentAddress: 'tcp://10.0.0.7:6011',
};

export const exampleExecuteCommand: ExecuteCommand = {
  kernelId,
  runId: 'r1',
  mode: 'query',
  code: 'print(1)',
  batch: { clean: '', build: '', exec: '' },
  flushTimeoutMs: 2000,
  cursor: 0,
  eager: false,
};

export const exampleResult: ExecutionResult = {
  runId: 'r1',
  status: 'finished',
  exitCode: 0,
  options: null,
  console: [{ type: 'stdout', text: 'hello\n' }],
  cursor: 6,
  droppedBytes: 0,
};
