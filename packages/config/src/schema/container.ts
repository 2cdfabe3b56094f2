import { z } from 'zod';
import { inert, key, optionalKey } from '../key.js';
import { count, flag, oneOf, path, portRange, size, text, textList, userId } from '../values.js';

/** `[container]` */
export const containerSection = z
  .strictObject({
    'bind-host': optionalKey(text(), {
      upstream: 'G2',
      aliases: ['kernel-host'],
      defaultText: 'the host of `agent.rpc-listen-addr`',
      description: 'Address of this host on which ports of kernels are published.',
    }),
    'advertised-host': inert(text(), {
      upstream: 'G3',
      description: 'Host of the kernels’ ports that managers are told, where it differs from `container.bind-host`.',
    }),
    'port-range': key(portRange(), [30_000, 31_000], {
      upstream: 'G2',
      description: 'Host ports for services of kernels, both ends included.',
    }),
    'process-limit': key(count(0), 4096, {
      unit: 'processes',
      description: 'Most processes and threads of one kernel; 0 for no limit.',
    }),
    'scratch-root': optionalKey(path(), {
      upstream: 'G2',
      defaultText: '`scratches` in `agent.state-dir`',
      description: 'Folder of the kernels’ home folders.',
    }),
    'port-reuse-cooldown-sec': inert(count(0), {
      upstream: 'G3',
      unit: 'seconds',
      description: 'How long a port rests before it is used again.',
    }),
    'kernel-uid': inert(userId(), { upstream: 'G2', description: 'User of the kernels’ processes.' }),
    'kernel-gid': inert(userId(), { upstream: 'G2', description: 'Group of the kernels’ processes.' }),
    'stats-type': inert(oneOf('docker', 'cgroup'), {
      upstream: 'G2',
      description: 'Where figures of containers come from.',
    }),
    'sandbox-type': inert(oneOf('docker', 'jail'), { upstream: 'G2', description: 'Extra confinement of programs.' }),
    'jail-args': inert(textList(), { upstream: 'G2', description: 'Arguments of the jail program.' }),
    'scratch-type': inert(oneOf('hostdir', 'memory', 'hostfile', 'k8s-nfs'), {
      upstream: 'G2',
      description: 'What home folders are made of. This version makes plain folders.',
    }),
    'scratch-size': inert(size(), {
      upstream: 'G2',
      unit: 'bytes',
      description: 'Size of a home folder in a file of its own.',
    }),
    'scratch-nfs-address': inert(text(), { upstream: 'G3', description: 'NFS server of home folders on Kubernetes.' }),
    'scratch-nfs-options': inert(text(), { upstream: 'G3', description: 'Mount options of that server.' }),
    'alternative-bridge': inert(text(), { upstream: 'G3', description: 'Docker network to use instead of `bridge`.' }),
    'swarm-enabled': inert(flag(), {
      upstream: 'G2',
      description: 'Use Docker Swarm networks for sessions of several nodes.',
    }),
    'krunner-volumes': inert(z.record(z.string(), z.unknown()), {
      upstream: 'G2',
      description: 'Computed by the Python agent.',
    }),
  })
  .prefault({});
