import { z } from 'zod';
import { inert, key } from '../key.js';
import { count, flag, path, seconds, size } from '../values.js';

const inertFlag = (description: string, upstream: 'G2' | 'G2+' | 'G3' = 'G2') =>
  inert(flag(), { upstream, description });

/** `[debug]` */
export const debugSection = z
  .strictObject({
    enabled: key(flag(), false, { upstream: 'G2', description: 'Log at level DEBUG, with the stack of errors.' }),
    'allow-unknown-keys': key(flag(), false, {
      description: 'Only warn of keys that nobody knows, instead of refusing them.',
    }),
    'skip-container-deletion': inertFlag('Keep containers that have ended.'),
    'log-stats': inertFlag('Log statistics.'),
    'log-heartbeats': inertFlag('Log heartbeats.'),
    'log-docker-events': inertFlag('Log events of Docker.'),
    'log-kernel-config': inertFlag('Log the configuration of each kernel.', 'G2+'),
    'log-alloc-map': inertFlag('Log allocations.', 'G2+'),
    'log-events': inertFlag('Log events.', 'G2+'),
    asyncio: inertFlag('Debug the Python event loop.', 'G3'),
    'kernel-runner': inertFlag('Debug the runner.', 'G3'),
    'enhanced-aiomonitor-task-info': inertFlag('More detail in the Python debugger.', 'G3'),
    'heartbeat-interval': inert(seconds(0), {
      upstream: 'G3',
      unit: 'seconds',
      description: 'Pause between two heartbeats.',
    }),
    coredump: z
      .strictObject({
        enabled: inertFlag('Collect core dumps of kernels.'),
        path: inert(path(), { upstream: 'G2', description: 'Folder of core dumps.' }),
        'backup-count': inert(count(1), { upstream: 'G2', unit: 'files', description: 'Core dumps that are kept.' }),
        'size-limit': inert(size(), { upstream: 'G2', unit: 'bytes', description: 'Largest core dump.' }),
      })
      .prefault({}),
  })
  .prefault({});
