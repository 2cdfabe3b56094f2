import { z } from 'zod';
import { inert, key } from '../key.js';
import { count, oneOf, size, textList } from '../values.js';

const amount = () =>
  z.union([z.number().nonnegative(), z.string()], { error: 'must be an amount, 0 or more' }).meta({ syntax: 'amount' });

/** `[resource]` */
export const resourceSection = z
  .strictObject({
    'reserved-cpu': key(count(0), 1, {
      upstream: 'G2',
      unit: 'cores',
      defaultText: '1 with a configuration file, 0 without',
      description: 'Cores that are kept from kernels.',
    }),
    'reserved-mem': key(size(), '1G', {
      upstream: 'G2',
      unit: 'bytes',
      defaultText: '`1G` with a configuration file, 0 without',
      description: 'Memory that is kept from kernels.',
    }),
    'cpu-overcommit-factor': key(count(1, 10), 1, {
      description: 'How many kernels may share one core.',
    }),
    'mem-overcommit-factor': inert(count(1, 10), { description: 'Memory is never given out twice in this version.' }),
    'reserved-disk': inert(size(), { upstream: 'G2', unit: 'bytes', description: 'Disk that is kept from kernels.' }),
    'memory-align-size': inert(size(), {
      upstream: 'G3',
      unit: 'bytes',
      description: 'The memory slot is a multiple of this.',
    }),
    'allocation-order': inert(textList(), {
      upstream: 'G3',
      description: 'Order in which kinds of devices are given out.',
    }),
    'affinity-policy': inert(oneOf('INTERLEAVED', 'PREFER_SINGLE_NODE'), {
      upstream: 'G3',
      description: 'How devices are chosen on hosts with several memory nodes.',
    }),
    'allocation-mode': inert(oneOf('shared', 'auto-split', 'manual'), {
      upstream: 'G3',
      description: 'How several agents of one process share the host.',
    }),
    allocations: z
      .strictObject({
        cpu: inert(amount(), { upstream: 'G3', unit: 'cores', description: 'Share of this agent in mode `manual`.' }),
        mem: inert(size(), { upstream: 'G3', unit: 'bytes', description: 'Share of this agent in mode `manual`.' }),
        devices: inert(z.record(z.string(), amount()), {
          upstream: 'G3',
          description: 'Share per device slot in mode `manual`.',
        }),
      })
      .prefault({}),
  })
  .prefault({});
