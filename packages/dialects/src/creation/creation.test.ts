import { parseKernelId, parseSessionId } from '@bai/core';
import { describe, expect, it } from 'vitest';
import { g2Creation } from '../g2/creation.js';
import { g3Creation } from '../g3/creation.js';
import { MsgpackDecoder } from '../msgpack/decoder.js';
import { MsgpackEncoder } from '../msgpack/encoder.js';
import { exampleCreatedKernel } from '../testing/examples.js';
import { loadVectors } from '../testing/vectors.js';
import { isWireMap, type WireMap } from '../wire-value.js';
import { toCreateCommand } from './command.js';
import { fromCreatedKernel } from './created-kernel.js';

const id = parseKernelId('6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e21');
const sessionId = parseSessionId('5e0a4c11-6f4b-4a3e-8d23-0f4c1b7f9a10');

/** Composed after spec/02 §4.7. */
const g2Config: WireMap = {
  image: {
    registry: { name: 'index.docker.io', url: 'https://registry-1.docker.io' },
    digest: 'sha256:9c1f',
    repo_digest: null,
    canonical: 'index.docker.io/lablup/python:3.8-ubuntu18.04',
    labels: { 'ai.backend.kernelspec': '1' },
  },
  session_type: 'interactive',
  cluster_role: 'main',
  cluster_idx: 1,
  cluster_hostname: 'main1',
  idle_timeout: 3600,
  mounts: [
    ['mydata', 'local:volume1', '/vfroot/local/volume1/0f/3a/9d', 'rw', ''],
    ['.logs', 'local:volume1', 'ignored', 'wd', '/srv/logs'],
  ],
  mount_map: { mydata: '/home/work/data' },
  environ: { BACKENDAI_CLUSTER_SIZE: '1' },
  resource_slots: { cpu: '2', mem: '2147483648', 'cuda.device': '0' },
  resource_opts: { shmem: '67108864' },
  bootstrap_script: null,
  startup_command: null,
  internal_data: { dotfiles: [{ path: '.vimrc', perm: '644', data: 'set number\n' }] },
  auto_pull: null,
  preopen_ports: [8888],
};

const g3Config: WireMap = { image: { canonical: 'host/python' }, resource_slots: { cpu: '1', mem: '1024' } };

describe('a G2 creation config', () => {
  it('becomes a kernel specification', () => {
    expect(g2Creation.toKernel(id, g2Config, 'c')).toEqual({
      kernelId: id,
      image: {
        canonical: 'index.docker.io/lablup/python:3.8-ubuntu18.04',
        labels: { 'ai.backend.kernelspec': '1' },
        digest: 'sha256:9c1f',
        project: null,
        architecture: null,
        isLocal: false,
        autoPull: 'digest',
        registry: { name: 'index.docker.io', url: 'https://registry-1.docker.io', username: null, password: null },
      },
      sessionType: 'interactive',
      clusterRole: 'main',
      clusterIndex: 1,
      clusterHostname: 'main1',
      slots: { cpu: '2', mem: '2147483648', 'cuda.device': '0' },
      shmemBytes: 67108864,
      environ: { BACKENDAI_CLUSTER_SIZE: '1' },
      mounts: [
        { name: 'mydata', source: '/vfroot/local/volume1/0f/3a/9d', target: '/home/work/data', permission: 'rw' },
        { name: '.logs', source: '/srv/logs', target: '/home/work/.logs', permission: 'wd' },
      ],
      bootstrapScript: null,
      startupCommand: null,
      preopenPorts: [8888],
      dotfiles: [{ path: '.vimrc', data: 'set number\n', mode: '644' }],
      sshKeyPair: null,
      blockServicePorts: false,
      scalingGroup: null,
      agentAddress: null,
    });
  });

  it('keeps only the folder for logs when told to', () => {
    const config = { ...g2Config, internal_data: { prevent_vfolder_mounts: true } };
    expect(g2Creation.toKernel(id, config, 'c').mounts.map(({ name }) => name)).toEqual(['.logs']);
  });

  it('reads the network', () => {
    expect(
      g2Creation.toCluster({ mode: 'multi-node', size: 2, replicas: { main: 1, sub: 1 }, network_name: 'n' }),
    ).toEqual({
      mode: 'multi-node',
      size: 2,
      replicas: { main: 1, sub: 1 },
      networkName: 'n',
      sshKeyPair: null,
    });
  });

  it.each([
    ['mounts[0]', { mounts: [['a', 'h']] }],
    ['mounts[0][2]', { mounts: [['a', 'h', '0f3a9d', 'rw', '']] }],
    ['mounts[0][3]', { mounts: [['a', 'h', '/x', 'rwx', '']] }],
    ['mounts[0][0]', { mounts: [['../../etc', 'h', '/x', 'rw', '']] }],
    ['mounts[0]', { mounts: [['a', 'h', '/x', 'rw', '']], mount_map: { a: '/etc' } }],
    ['mount_map.a', { mount_map: { a: '/home/work/../../etc' } }],
  ])('names %s when it is wrong', (field, change) => {
    expect(() => g2Creation.toKernel(id, { ...g2Config, ...change }, 'c')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', field: `c.${field}` }),
    );
  });
});

describe('a G3 creation config', () => {
  it('needs little', () => {
    expect(g3Creation.toKernel(id, g3Config, 'c')).toMatchObject({
      clusterHostname: 'main1',
      sessionType: 'interactive',
      mounts: [],
    });
  });

  it.each([
    ['resource_slots.mem', { resource_slots: { mem: '-1' } }, '"-1"'],
    ['resource_slots.mem', { resource_slots: { mem: '1g' } }, '"1g"'],
    ['resource_slots.cpu', { resource_slots: { cpu: 1.5 } }, '1.5'],
    ['resource_slots', { resource_slots: null }, 'nothing'],
    ['image.canonical', { image: { canonical: '' } }, '""'],
    ['image.auto_pull', { image: { canonical: 'a', auto_pull: 'always' } }, '"always"'],
    ['session_type', { session_type: 'party' }, '"party"'],
    ['preopen_ports[1]', { preopen_ports: [80, 70000] }, '70000'],
    ['resource_opts.shmem', { resource_opts: { shmem: '64m' } }, '"64m"'],
    ['internal_data.dotfiles[0].perm', { internal_data: { dotfiles: [{ path: 'a', data: '', perm: '9' }] } }, '"9"'],
    [
      'mounts[0].kernel_path',
      { mounts: [{ name: 'a', host_path: '/a', kernel_path: '/a/../b', mount_perm: 'ro' }] },
      '"/a/../b"',
    ],
  ])('names %s and its value', (field, change, shown) => {
    const read = () => g3Creation.toKernel(id, { ...g3Config, ...change }, 'raw_configs[0]');
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', field: `raw_configs[0].${field}` }));
    expect(read).toThrow(`got ${shown}`);
  });

  it('shows no secret in an error', () => {
    const registry = { name: 'r', url: 'u', username: 'me', password: ['hunter2'] };
    const read = () => g3Creation.toKernel(id, { ...g3Config, image: { canonical: 'a', registry } }, 'c');
    expect(read).toThrow('c.image.registry.password');
    expect(read).not.toThrow('hunter2');
  });

  it('knows the network of a bridge, and says so of others', () => {
    expect(g3Creation.toCluster({ network_config: { mode: 'bridge', network_name: 'n' } }).networkName).toBe('n');
    expect(g3Creation.toCluster({ network_config: {} }).networkName).toBeNull();
    expect(() => g3Creation.toCluster({ network_config: { mode: 'host' } })).toThrow(
      expect.objectContaining({ code: 'NOT_SUPPORTED' }),
    );
  });
});

describe('toCreateCommand', () => {
  const call = { creationId: 'c', sessionId, kernelIds: [id], configs: [g3Config], clusterInfo: {} };

  it('wants one config for each kernel', () => {
    expect(() => toCreateCommand({ ...call, configs: [] }, g3Creation)).toThrow('1 ids, 0 configs');
    expect(() => toCreateCommand({ ...call, kernelIds: [], configs: [] }, g3Creation)).toThrow('at least one kernel');
    expect(() => toCreateCommand({ ...call, kernelIds: ['nope'] }, g3Creation)).toThrow(
      'raw_kernel_ids[0]: must be a UUID',
    );
  });

  it('keeps the creation id', () => {
    expect(toCreateCommand(call, g3Creation)).toMatchObject({
      creationId: 'c',
      sessionId,
      kernels: [{ kernelId: id }],
    });
  });
});

describe('fromCreatedKernel', () => {
  const [reply] = loadVectors(new URL('../../vectors/rpc-g3-releases.json', import.meta.url)).filter(
    ({ name }) => name === 'G3L.create_kernels.reply',
  );

  it('has the fields of the recorded answer, byte for byte', () => {
    const encoder = new MsgpackEncoder();
    const sent = {
      ...fromCreatedKernel({ ...exampleCreatedKernel, allocations: {}, attachedDevices: {} }, 'G3'),
      resource_spec: {},
    };
    const body = new MsgpackDecoder().decode(reply?.frames.at(-1) ?? new Uint8Array());
    expect(isWireMap(body) && encoder.encode([sent]).equals(body['body'] as Uint8Array)).toBe(true);
  });

  it('leaves out what G2 does not know', () => {
    const g2 = fromCreatedKernel(exampleCreatedKernel, 'G2');
    expect(g2).not.toHaveProperty('agent_addr');
    expect(g2).not.toHaveProperty(['service_ports', 0, 'is_inference']);
    expect(g2).toMatchObject({
      attached_devices: { cpu: [{ device_id: '0', model_name: '', data: { cores: 2 } }], mem: [] },
    });
  });

  it('sends 0 for a port that is not published', () => {
    const [port] = exampleCreatedKernel.servicePorts;
    const kernel = {
      ...exampleCreatedKernel,
      servicePorts: port === undefined ? [] : [{ ...port, hostPorts: [null] }],
    };
    expect(fromCreatedKernel(kernel, 'G3')).toMatchObject({ service_ports: [{ host_ports: [0] }] });
  });
});
