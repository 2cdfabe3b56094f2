export { describeRegistry, type RegistryHarness } from './registry-suite.js';
export { toPlain } from './to-plain.js';
