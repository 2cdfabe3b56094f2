import { newKernelId, newSessionId } from '@bai/core';
import type { KernelRecord } from '../records/kernel-record.js';

/** A record with every kind of field filled. */
export function exampleRecord(): KernelRecord {
  const kernelId = newKernelId();
  const sessionId = newSessionId();
  const keys = { publicKey: 'ssh-rsa AAAA', privateKey: '-----BEGIN-----' };
  const created = {
    kernelId,
    sessionId,
    containerId: 'c1',
    kernelHost: '127.0.0.1',
    replInPort: 0,
    replOutPort: 0,
    servicePorts: [
      { name: '8888', protocol: 'preopen', containerPorts: [8888], hostPorts: [30000], isInference: false },
    ],
    allocations: { cpu: { cpu: { '0': '1' } }, mem: { mem: { root: '1048576' } } },
    attachedDevices: { cpu: [{ deviceId: '0', modelName: '', data: { cores: 1 } }] },
    scalingGroup: 'default',
    agentAddress: null,
  };
  return {
    version: 1,
    kernelId,
    sessionId,
    creationId: 'pRq0nYc3T4yQp1mN8a5cXw',
    state: 'running',
    createdAt: 1_700_000_000_000,
    spec: {
      kernelId,
      image: {
        canonical: 'host/python',
        labels: { 'ai.backend.kernelspec': '1' },
        digest: '',
        project: null,
        architecture: 'x86_64',
        isLocal: true,
        autoPull: 'digest',
        registry: { name: 'r', url: 'https://r', username: 'u', password: null },
      },
      sessionType: 'interactive',
      clusterRole: 'main',
      clusterIndex: 1,
      clusterHostname: 'main1',
      slots: { cpu: '1', mem: '1048576' },
      shmemBytes: undefined,
      environ: { A: 'b' },
      mounts: [{ name: 'd', source: '/data', target: '/home/work/d', permission: 'ro' }],
      bootstrapScript: null,
      startupCommand: null,
      preopenPorts: [8888],
      dotfiles: [{ path: '.vimrc', data: 'set number', mode: '644' }],
      sshKeyPair: keys,
      blockServicePorts: false,
      scalingGroup: 'default',
      agentAddress: null,
    },
    cluster: { mode: 'single-node', size: 1, replicas: { main: 1 }, networkName: null, sshKeyPair: null },
    allocations: created.allocations,
    hostPorts: [30000],
    containerId: 'c1',
    created,
    termination: null,
    outbox: [
      { type: 'kernel-started', eventId: 'e1', at: 1, kernelId, sessionId, creationId: null, kernel: created },
      {
        type: 'kernel-terminated',
        eventId: 'e2',
        at: 2,
        kernelId,
        sessionId,
        creationId: null,
        reason: 'x',
        exitCode: 3,
      },
    ],
  };
}
