export { containerNotFound, RuntimeError, type RuntimeErrorCode } from './errors.js';
export { type HostFolderOptions, HostFolderRunnerSource } from './host-folder/host-folder-runner-source.js';
export { InMemoryContainerRuntime, type InMemoryRuntimeOptions } from './in-memory/in-memory-container-runtime.js';
export type { MemoryProgram, MemoryProgramContext } from './in-memory/memory-container.js';
export { MemoryPlace, type MemoryStep } from './in-memory/memory-place.js';
export type {
  Container,
  ContainerExit,
  ContainerExited,
  ContainerLimits,
  ContainerRuntime,
  ContainerSpec,
  ContainerState,
  ContainerUsage,
  ImageInfo,
  RunnerEndpoints,
  RunnerFolder,
  RunnerPlacement,
  RunnerSource,
} from './port.js';
