export { type KernelIoOptions, openKernelIo } from './kernel-io.js';
export { DEFAULT_LIMITS, type KernelIoLimits } from './limits.js';
export type { KernelIo } from './port.js';
