export { AgentRuntime } from './agent-runtime.js';
export { AgentRuntimeError, type AgentRuntimeErrorCode } from './errors.js';
export { FAIL_POINTS, type FailPoint, type FailPoints, killAt, noFailPoints } from './fail-points.js';
export {
  type CreateKernelOptions,
  createKernel,
  KernelSession,
  type RunEvent,
  type RunOptions,
} from './kernel-session.js';
export type { AgentDeps } from './open-context.js';
export { type AgentSettings, DEFAULT_SETTINGS, type OnStop } from './settings.js';
export { defaultAgentId, type StartAgentOptions, startAgent } from './start-agent.js';
export { StateLock } from './state-lock.js';
