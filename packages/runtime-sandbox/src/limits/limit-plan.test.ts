import type { ContainerLimits } from '@bai/container-runtime';
import { CGROUP_CONTROLLERS, type CgroupController } from '@bai/linux';
import { describe, expect, it } from 'vitest';
import { planEnforcement, resourceLimitArguments } from './limit-plan.js';

const NONE: ContainerLimits = {
  cpus: undefined,
  cpuset: undefined,
  memoryBytes: undefined,
  processes: undefined,
  shmemBytes: undefined,
};
const GIB = 1024 ** 3;
const places = (...controllers: CgroupController[]) => [
  { version: 2 as const, directory: '/sys/fs/cgroup', controllers },
];
const all = places(...CGROUP_CONTROLLERS);
const plan = (limits: Partial<ContainerLimits>, parents = all, counts = true) =>
  planEnforcement({ ...NONE, ...limits }, parents, counts);

describe('planEnforcement', () => {
  it('enforces what a control group can', () => {
    const limits = { cpus: 1, cpuset: '0', memoryBytes: GIB, processes: 10 };
    expect(plan(limits)).toEqual({ cpu: 'enforced', memory: 'enforced', processes: 'enforced', scratch: 'absent' });
  });

  it('calls absent what nobody asked for', () => {
    expect(new Set(Object.values(plan({})))).toEqual(new Set(['absent']));
  });

  it.each([
    ['time without a controller', { cpus: 1 }, [], 'absent'],
    ['a set without a controller', { cpuset: '0' }, [], 'advisory'],
    ['both, one controller missing', { cpus: 1, cpuset: '0' }, places('cpu'), 'advisory'],
    ['time, with its controller only', { cpus: 1 }, places('cpu'), 'enforced'],
  ])('processor: %s', (_, limits, parents, word) => expect(plan(limits, parents).cpu).toBe(word));

  it('advises where there is no control group, as far as that does no harm', () => {
    expect(plan({ memoryBytes: GIB }, []).memory).toBe('advisory');
    expect(plan({ memoryBytes: GIB / 4 }, []).memory).toBe('absent'); // Node.js would not start
    expect(plan({ processes: 10 }, []).processes).toBe('advisory');
    expect(plan({ processes: 10 }, [], false).processes).toBe('absent'); // all of the user's processes would count
  });
});

it('sets resource limits for what is advisory only', () => {
  const limits = { ...NONE, memoryBytes: GIB, processes: 10 };
  expect(resourceLimitArguments(limits, plan(limits, []))).toBe('--nproc=10 --data=1073741824');
  expect(resourceLimitArguments(limits, plan(limits))).toBe('');
});
