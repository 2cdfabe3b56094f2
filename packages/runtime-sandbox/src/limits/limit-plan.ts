import type { Container, ContainerLimits } from '@bai/container-runtime';
import type { CgroupController, CgroupParent } from '@bai/linux';

/** Below this, the runner's own Node.js would not start under a limit of its data size. */
const LEAST_DATA_BYTES = 512 * 1024 * 1024;

/**
 * How well each limit will hold. `enforced` is a control group; `advisory` is something that each process carries along or that
 * user code can undo; `absent` is a limit that nobody asked for or that nothing here can set.
 *
 * @param canCountProcesses a resource limit of processes counts those of the kernel, not all of the user
 */
export function planEnforcement(
  limits: ContainerLimits,
  parents: readonly CgroupParent[],
  canCountProcesses: boolean,
): Container['limits'] {
  const has = (controller: CgroupController): boolean =>
    parents.some((parent) => parent.controllers.includes(controller));
  const { cpus, cpuset, memoryBytes, processes } = limits;
  return {
    cpu: planCpu(cpus !== undefined, cpuset !== undefined, has),
    memory: plan(memoryBytes !== undefined, has('memory'), (memoryBytes ?? 0) >= LEAST_DATA_BYTES),
    processes: plan(processes !== undefined, has('pids'), canCountProcesses),
    scratch: 'absent',
  };
}

type Word = Container['limits']['cpu'];

const plan = (isWanted: boolean, canEnforce: boolean, canAdvise: boolean): Word => {
  if (!isWanted) return 'absent';
  if (canEnforce) return 'enforced';
  return canAdvise ? 'advisory' : 'absent';
};

function planCpu(wantsTime: boolean, wantsSet: boolean, has: (controller: CgroupController) => boolean): Word {
  const canEnforce = (!wantsTime || has('cpu')) && (!wantsSet || has('cpuset'));
  return plan(wantsTime || wantsSet, canEnforce, wantsSet);
}

/** Arguments of `prlimit` for what is advisory, as words. The kernel's processes inherit these limits. */
export function resourceLimitArguments(limits: ContainerLimits, enforcement: Container['limits']): string {
  return [
    ...(enforcement.processes === 'advisory' ? [`--nproc=${limits.processes}`] : []),
    ...(enforcement.memory === 'advisory' ? [`--data=${limits.memoryBytes}`] : []),
  ].join(' ');
}
