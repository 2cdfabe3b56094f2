export type { DeviceAmounts } from './amounts.js';
export type { ComputeDevice, ComputePlugin, SlotType } from './compute-plugin.js';
export { DiscreteAllocationMap } from './discrete-map.js';
export { alignMemory } from './host-memory.js';
export { HostResources, type HostResourcesOptions, type ResourceGrant } from './host-resources.js';
export { PortPool, type PortPoolOptions } from './port-pool.js';
export { formatResourceText, parseResourceText, type ResourceMount, type ResourceText } from './resource-text.js';
export { ResourcesError, type ResourcesErrorCode } from './resources-error.js';
export { AmountSyntaxError, SlotAmount } from './slot-amount.js';
