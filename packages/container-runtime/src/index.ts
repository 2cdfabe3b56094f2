export { containerNotFound, RuntimeError, type RuntimeErrorCode } from './errors.js';
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
