export { DEFAULT_USER_RANGE, type UserRange } from './book/user-pool.js';
export { checkSandbox, type SandboxFinding } from './host/check-sandbox.js';
export { type SandboxOptions, SandboxRuntime } from './sandbox-runtime.js';
