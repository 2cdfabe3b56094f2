import type { AgentEvent } from '@bai/agent-api';
import type { ContainerRuntime, RunnerSource } from '@bai/container-runtime';
import type { AgentId, KernelId, Logger } from '@bai/core';
import type { HostResources, PortPool } from '@bai/resources';
import type { StatsMonitor } from '@bai/telemetry';
import type { FailPoints } from '../fail-points.js';
import type { RecordStore } from '../records/record-store.js';
import type { ScratchFolders } from '../scratch.js';
import type { AgentSettings } from '../settings.js';

/** What the kernels of one agent share. */
export interface KernelContext {
  readonly settings: AgentSettings;
  readonly runtime: ContainerRuntime;
  readonly runnerSource: RunnerSource;
  readonly resources: HostResources;
  readonly ports: PortPool;
  readonly scratch: ScratchFolders;
  readonly store: RecordStore;
  readonly failPoints: FailPoints;
  readonly stats: StatsMonitor;
  readonly logger: Logger;
  /** Hands an event to the transport, in order per key (a kernel, or the agent itself). */
  publish(key: KernelId | AgentId, event: AgentEvent): void;
  /** Gives up the events of a kernel that weren't delivered. */
  withdraw(kernelId: KernelId): void;
  /** Called right before the end of a kernel is told: from then on its id may be used again. */
  forget(kernelId: KernelId): void;
}
