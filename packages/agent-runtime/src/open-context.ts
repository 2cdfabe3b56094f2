import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerRuntime, RunnerSource } from '@bai/container-runtime';
import { DisposalStack, describeError, type Logger, TaskGroup } from '@bai/core';
import { EventDispatcher, type EventTransport } from '@bai/events';
import type { HostResources, PortPool } from '@bai/resources';
import type { ErrorMonitor, StatsMonitor } from '@bai/telemetry';
import { type FailPoints, noFailPoints } from './fail-points.js';
import type { KernelContext } from './kernel/context.js';
import { Kernel } from './kernel/kernel.js';
import { KernelTable } from './kernel/kernel-table.js';
import { reconcile } from './reconcile.js';
import { RecordStore } from './records/record-store.js';
import { ScratchFolders } from './scratch.js';
import type { AgentSettings } from './settings.js';
import type { StateLock } from './state-lock.js';

/** The parts that an agent is made of. Who made them closes them, after the agent. */
export interface AgentDeps {
  /** Taken before any other part touches the state folder. */
  readonly lock: StateLock;
  readonly runtime: ContainerRuntime;
  readonly runnerSource: RunnerSource;
  readonly resources: HostResources;
  readonly ports: PortPool;
  readonly events: EventTransport;
  readonly errors: ErrorMonitor;
  readonly stats: StatsMonitor;
  readonly logger: Logger;
  readonly failPoints?: FailPoints;
  /** Closed right after the agent, for parts that nobody else would close. */
  readonly owned?: AsyncDisposable;
}

/** How long the last events may take to be delivered when the agent stops, in milliseconds; the rest stays in the records. */
const DRAIN_MS = 5_000;

/** Builds what the kernels share, and settles what an earlier process left. */
export async function openContext(settings: AgentSettings, deps: AgentDeps) {
  await using opening = new DisposalStack();
  if (deps.owned !== undefined) opening.use(deps.owned, 'parts');
  await mkdir(settings.scratchRoot, { recursive: true });
  const kernels = new KernelTable();
  const tasks = opening.use(
    new TaskGroup((error, task) => deps.errors.captureError(error, { task })),
    'background tasks',
  );
  const dispatcher = opening.use(
    new EventDispatcher(deps.events, {
      logger: deps.logger,
      drainMs: DRAIN_MS,
      onDelivered: (event) => tasks.run('outbox', () => kernels.delivered(event)),
    }),
    'event dispatcher',
  );
  const store = await RecordStore.open(join(settings.stateDir, 'kernels'), deps.logger);
  const context: KernelContext = {
    settings,
    runtime: deps.runtime,
    runnerSource: deps.runnerSource,
    resources: deps.resources,
    ports: deps.ports,
    scratch: await ScratchFolders.open(settings.scratchRoot, settings.stateDir),
    store,
    failPoints: deps.failPoints ?? noFailPoints,
    stats: deps.stats,
    logger: deps.logger,
    publish: (key, event) => dispatcher.offer(key, event),
    withdraw: (kernelId) => dispatcher.withdraw(kernelId),
    forget: (kernelId) => kernels.forget(kernelId),
  };
  opening.use(watchExits(deps.runtime, kernels), 'exit watch');
  const { records, corrupt } = await store.load();
  const enter = (record: (typeof records)[number]) => kernels.enter(new Kernel(record, context));
  await reconcile(context, { enter }, corrupt, records);
  warmUp(deps, tasks);
  return { context, kernels, stack: opening.move() };
}

function watchExits(runtime: ContainerRuntime, kernels: KernelTable): Disposable {
  return runtime.onExit(({ kernelId, exit }) => kernels.find(kernelId)?.containerExited(exit));
}

/** The first kernel shouldn't wait for what can be made ready before it is asked for. */
function warmUp(deps: AgentDeps, tasks: TaskGroup): void {
  tasks.run('warm-up', async (signal) => {
    try {
      // Without the signal: a delivery can't be cut short, and whoever removes the state folder must find it ended.
      await Promise.all([deps.runnerSource.provide(), deps.runtime.images({ signal })]);
    } catch (error) {
      if (!signal.aborted) deps.logger.warn('kernels can not be created yet', { error: describeError(error) });
    }
  });
}
