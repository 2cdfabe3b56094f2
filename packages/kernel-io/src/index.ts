export type { KernelIo } from './port.js';
