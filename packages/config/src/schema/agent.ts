import { z } from 'zod';
import { inert, key, optionalKey } from '../key.js';
import { count, flag, hostPort, oneOf, optionalFile, path, port, seconds, size, text, textList } from '../values.js';

const BACKENDS = ['sandbox', 'docker', 'kubernetes', 'k8s', 'memory', 'dummy'] as const;

/** What is the same for each kind of figure in `agent.utilization-metric`. */
const metricSwitch = (what: string) =>
  z
    .strictObject({
      enable: inert(flag(), { upstream: 'G3', description: `Collect figures of each ${what}.` }),
      interval: inert(seconds(0), {
        upstream: 'G3',
        unit: 'seconds',
        description: `Pause between two looks at each ${what}.`,
      }),
    })
    .prefault({});

const listeners = {
  'rpc-listen-addr': key(hostPort({ blank: true, anyPort: true }), '127.0.0.1:6001', {
    upstream: 'G2',
    description:
      'Where managers and the command line reach this agent. Whoever reaches it can run code: keep it off public networks. An empty host means the address of this host’s name; port 0 any free port.',
  }),
  'advertised-rpc-addr': inert(hostPort({ blank: true }), {
    upstream: 'G3',
    description: 'The address that managers are told, where it differs from `agent.rpc-listen-addr`.',
  }),
  'agent-sock-port': inert(count(1024, 65535), {
    upstream: 'G2',
    description: 'Loopback port behind the agent socket inside containers.',
  }),
  'internal-addr': inert(hostPort({ blank: true }), {
    upstream: 'G3',
    aliases: ['service-addr'],
    aliasesWin: true,
    description: 'Where health and metrics are served over HTTP.',
  }),
  'announce-internal-addr': inert(hostPort({ blank: true }), {
    upstream: 'G3',
    aliases: ['announce-addr'],
    aliasesWin: true,
    description: 'The address of `agent.internal-addr` that is published for discovery.',
  }),
  'ssl-enabled': inert(flag(), { upstream: 'G3', description: 'Serve the HTTP port with TLS.' }),
  'ssl-cert': inert(optionalFile(), { upstream: 'G3', description: 'Certificate of the HTTP port.' }),
  'ssl-key': inert(optionalFile(), { upstream: 'G3', description: 'Private key of the HTTP port.' }),
  'rpc-auth-manager-public-key': inert(optionalFile(), {
    upstream: 'G3',
    description: 'Public key of the managers that may call this agent.',
  }),
  'rpc-auth-agent-keypair': inert(optionalFile(), { upstream: 'G3', description: 'Key pair of this agent.' }),
  'metadata-server-bind-host': inert(text(), {
    upstream: 'G3',
    description: 'Address of the metadata service for kernels.',
  }),
  'metadata-server-port': inert(port(), { upstream: 'G3', description: 'Port of the metadata service for kernels.' }),
  'aiomonitor-port': inert(port(), { upstream: 'G2+', description: 'Port of a Python debugger; this agent has none.' }),
  'aiomonitor-termui-port': inert(port(), { upstream: 'G3', description: 'Like `agent.aiomonitor-port`.' }),
  'aiomonitor-webui-port': inert(port(), { upstream: 'G3', description: 'Like `agent.aiomonitor-port`.' }),
};

const identity = {
  backend: key(oneOf(...BACKENDS), 'sandbox', {
    upstream: 'G2',
    aliases: ['mode'],
    description: 'What containers are made with. This version has `sandbox`; the other names are refused at the start.',
  }),
  id: optionalKey(text(), {
    upstream: 'G2',
    defaultText: '`i-` and the host name',
    description: 'Name of this agent in its cluster.',
  }),
  region: inert(text(), { upstream: 'G2', description: 'Name of the region that managers show.' }),
  'instance-type': inert(text(), { upstream: 'G2', description: 'Name of the kind of machine that managers show.' }),
  'scaling-group': inert(text(), {
    upstream: 'G2',
    description:
      'Resource group of this agent, for managers up to 26.4. Newer ones read `agent.initial-resource-group-name`.',
  }),
  'initial-resource-group-name': inert(text(), {
    upstream: 'G3',
    description: 'Resource group that this agent asks for when a manager first sees it.',
  }),
  'scaling-group-type': inert(oneOf('compute', 'storage'), {
    upstream: 'G3',
    description: 'Kind of the resource group.',
  }),
  'public-host': inert(text(), { upstream: 'G3', description: 'Host name that managers hand out to users.' }),
  'skip-manager-detection': inert(flag(), { upstream: 'G2', description: 'Start without waiting for a manager.' }),
};

const places = {
  'state-dir': optionalKey(path(), {
    defaultText: '`/var/lib/bai-agent` for root, else `bai-agent` in `$XDG_STATE_HOME` or `~/.local/state`',
    description: 'Folder of the agent’s records, sockets and lock. It belongs to one running agent.',
  }),
  'pid-file': key(path(), '/dev/null', { upstream: 'G2', description: 'File for the process id; removed at the end.' }),
  'ipc-base-path': inert(path(), {
    upstream: 'G3',
    description: 'Folder of sockets. This agent keeps its own in `agent.state-dir`.',
  }),
  'var-base-path': inert(path(), {
    upstream: 'G3',
    description: 'Folder of state. This agent keeps its own in `agent.state-dir`.',
  }),
  'mount-path': inert(path(), { upstream: 'G3', description: 'Root of volumes that are mounted by events.' }),
  'mount-path-uid-gid': inert(text(), { upstream: 'G3', description: 'Owner of such volumes, as `user:group`.' }),
  'image-commit-path': inert(path(), { upstream: 'G3', description: 'Folder of committed images.' }),
  'abuse-report-path': inert(path(), { upstream: 'G3', description: 'Folder of abuse reports by another program.' }),
};

const kernels = {
  'on-stop': key(oneOf('keep', 'destroy', 'auto'), 'auto', {
    description:
      'What happens to kernels when the agent stops: `keep` lets them run for the next start, `destroy` ends them, `auto` does what agents of the cluster’s generation do, and keeps them without a cluster.',
  }),
  'kernel-creation-concurrency': key(count(1, 32), 4, {
    upstream: 'G3',
    description: 'Most kernels that are created at the same time within one request.',
  }),
  'output-spool-size': key(size(), '64M', {
    unit: 'bytes',
    description:
      'Output of a kernel that is kept until somebody fetches it; beyond, the oldest is dropped and counted.',
  }),
  'cohabiting-storage-proxy': inert(flag(), {
    upstream: 'G3',
    description: 'Leave volume mounts to a storage proxy on this host.',
  }),
  'force-terminate-abusing-containers': inert(flag(), {
    upstream: 'G3',
    description: 'Destroy kernels with an abuse report.',
  }),
  'docker-mode': inert(text(), { upstream: 'G3', description: 'Kind of the Docker installation.' }),
  'sync-container-lifecycles': z
    .strictObject({
      enabled: inert(flag(), { upstream: 'G3', description: 'Compare kernels and containers again and again.' }),
      interval: inert(seconds(0), { upstream: 'G3', unit: 'seconds', description: 'Pause between two comparisons.' }),
    })
    .prefault({}),
  'utilization-metric': z
    .strictObject({
      node: metricSwitch('node'),
      container: metricSwitch('container'),
      process: metricSwitch('process'),
    })
    .prefault({}),
};

const plugins = {
  'allow-compute-plugins': inert(textList(), { upstream: 'G3', description: 'Only these device plug-ins.' }),
  'block-compute-plugins': inert(textList(), { upstream: 'G3', description: 'Not these device plug-ins.' }),
  'allow-network-plugins': inert(textList(), { upstream: 'G3', description: 'Only these network plug-ins.' }),
  'block-network-plugins': inert(textList(), { upstream: 'G3', description: 'Not these network plug-ins.' }),
  'event-loop': inert(oneOf('asyncio', 'uvloop'), { upstream: 'G2', description: 'Event loop of the Python agent.' }),
  'use-experimental-redis-event-dispatcher': inert(flag(), {
    upstream: 'G3',
    description: 'Another Redis client of the Python agent.',
  }),
};

/** `[agent]` */
export const agentSection = z
  .strictObject({ ...identity, ...listeners, ...places, ...kernels, ...plugins })
  .prefault({});
