export {
  type Cgroup,
  cgroupEntrances,
  cgroupMembers,
  createCgroup,
  killCgroup,
  listCgroups,
  planCgroup,
  removeCgroup,
} from './cgroup.js';
export { CGROUP_CONTROLLERS, type CgroupController, type CgroupParent, detectCgroups } from './cgroup-hierarchy.js';
export { type CgroupLimits, limitCgroup } from './cgroup-limits.js';
export { type CgroupUsage, readCgroupUsage } from './cgroup-usage.js';
export { formatCpuList, parseCpuList } from './cpu-list.js';
export { type Cpu, readCpuTopology, readUsableCpus } from './cpu-topology.js';
export { inheritableDescriptors } from './descriptors.js';
export { LinuxError, type LinuxErrorCode } from './errors.js';
export { type HostFacts, hostArchitecture, type MemoryFacts, readHostFacts, readMemory } from './host-facts.js';
export {
  escapeMountPath,
  isInside,
  type Mount,
  mountOf,
  parseMountinfo,
  readMounts,
  unescapeMountPath,
} from './mountinfo.js';
export {
  childrenOf,
  hasEnvironmentEntry,
  listPids,
  namespaceOf,
  type ProcessStat,
  parseProcessStat,
  readProcessStat,
  TICK_MS,
} from './proc-stat.js';
export { type ProcessStatus, parseProcessStatus, readProcessStatus } from './proc-status.js';
export {
  formatIdentity,
  identityOf,
  isAlive,
  type ProcessIdentity,
  parseIdentity,
  readBootId,
  signalProcess,
} from './process-identity.js';
export { readKernelFile, readKernelNumber, readKernelTable } from './read-file.js';
