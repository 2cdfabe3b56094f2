export type {
  Agent,
  AgentInfo,
  DestroyKernelCommand,
  Enforcement,
  KernelState,
  KernelStats,
  KernelSummary,
  SlotCapacity,
} from './agent.js';
export { AgentError, type AgentErrorCode, InvalidArgumentError, kernelNotFound } from './errors.js';
export type { AgentEvent, AgentEventType, TerminationReason } from './events.js';
export type {
  Completions,
  ConsoleItem,
  ExecuteCommand,
  ExecutionMode,
  ExecutionResult,
  ExecutionStatus,
} from './execution.js';
export type { FileEntry, FileListing } from './files.js';
export type {
  Allocations,
  AttachedDevice,
  ClusterSpec,
  CreatedKernel,
  CreateKernelsCommand,
  DotfileSpec,
  ImageSpec,
  KernelSpec,
  MountPermission,
  MountSpec,
  ServicePort,
  SessionType,
  SshKeyPair,
} from './kernel-spec.js';
