import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentEvent, CreateKernelsCommand, KernelSpec } from '@bai/agent-api';
import { InMemoryContainerRuntime, MemoryPlace, type MemoryProgram } from '@bai/container-runtime';
import { type KernelId, MemoryLogger, newSessionId, parseAgentId } from '@bai/core';
import { InProcessEvents } from '@bai/events';
import { ScriptedRunner } from '@bai/kernel-io/testing';
import { type ComputePlugin, HostResources, PortPool } from '@bai/resources';
import { LoggingErrorMonitor, MetricsRegistry } from '@bai/telemetry';
import { AgentRuntime } from '../agent-runtime.js';
import type { FailPoints } from '../fail-points.js';
import { type AgentSettings, DEFAULT_SETTINGS } from '../settings.js';
import { StateLock } from '../state-lock.js';
import { exampleRecord } from './example-record.js';

const IMAGE = { canonical: 'memory/scripted', labels: {}, digest: 'memory:scripted', architecture: 'x86_64' };
const FOLDER = { hostPath: '/', mountPoint: '/opt/backend.ai', command: ['scripted'] };

const CPU: ComputePlugin = {
  key: 'cpu',
  strategy: 'evenly',
  devices: ['0', '1', '2', '3'].map((deviceId) => ({ deviceId, slot: 'cpu', type: 'count', amount: '1' })),
  attached: (ids) => ids.map((deviceId) => ({ deviceId, modelName: '', data: { cores: ids.length } })),
};
const MEM: ComputePlugin = {
  key: 'mem',
  strategy: 'fill',
  devices: [{ deviceId: 'root', slot: 'mem', type: 'bytes', amount: String(1024 ** 3) }],
  attached: (ids) => ids.map((deviceId) => ({ deviceId, modelName: '', data: {} })),
};

/** Plays a runner until it is asked to end. */
const scriptedRunner: MemoryProgram = async ({ listen, stopRequested, killed }) => {
  await using runner = await ScriptedRunner.open();
  listen(runner);
  await new Promise<void>((resolve) => {
    for (const signal of [stopRequested, killed]) signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return 0;
};

/** A machine on which agents come and go: what outlives an agent is here. */
export class TestMachine implements AsyncDisposable {
  readonly place = new MemoryPlace();
  readonly logger = new MemoryLogger(10_000);
  /** Everything that the agents of this machine told. */
  readonly events: AgentEvent[] = [];
  readonly stateDir: string;
  program: MemoryProgram = scriptedRunner;
  /** The ledger of the newest agent. */
  resources = new HostResources([CPU, MEM]);

  private constructor(stateDir: string) {
    this.stateDir = stateDir;
  }

  static async open(): Promise<TestMachine> {
    return new TestMachine(await mkdtemp(join(tmpdir(), 'test-machine-')));
  }

  async start(options: { readonly settings?: Partial<AgentSettings>; readonly failPoints?: FailPoints } = {}) {
    const { logger, place } = this;
    const lock = await StateLock.acquire(this.stateDir);
    const events = new InProcessEvents({ logger });
    events.subscribe((event) => this.events.push(event));
    const resources = new HostResources([CPU, MEM], logger);
    this.resources = resources;
    const agent = await AgentRuntime.open(
      {
        ...DEFAULT_SETTINGS,
        agentId: parseAgentId('i-test'),
        version: '0.0.0',
        stateDir: this.stateDir,
        scratchRoot: join(this.stateDir, 'scratches'),
        stopGraceMs: 500,
        startupTimeoutMs: 5_000,
        ...options.settings,
      },
      {
        runtime: new InMemoryContainerRuntime({ place, images: [IMAGE], program: (context) => this.program(context) }),
        lock,
        owned: lock,
        runnerSource: { provide: async () => FOLDER },
        resources,
        ports: new PortPool({ range: [40_000, 40_100], cooldownMs: 0 }),
        events,
        errors: new LoggingErrorMonitor(logger),
        stats: new MetricsRegistry(),
        logger,
        ...(options.failPoints === undefined ? {} : { failPoints: options.failPoints }),
      },
    );
    return agent;
  }

  /** Types of the events of one kernel, in order. */
  told(kernelId: KernelId): string[] {
    return this.events.flatMap((event) => ('kernelId' in event && event.kernelId === kernelId ? [event.type] : []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of this.place.containers) container.kill();
    await rm(this.stateDir, { recursive: true, force: true });
  }
}

/** A command for one or more small kernels. */
export function commandFor(...patches: Partial<KernelSpec>[]): CreateKernelsCommand {
  const kernels = (patches.length === 0 ? [{}] : patches).map((patch) => {
    const { spec } = exampleRecord();
    const image = { ...spec.image, canonical: IMAGE.canonical };
    const slots = { cpu: '1', mem: '1048576' };
    return { ...spec, image, slots, mounts: [], preopenPorts: [], ...patch };
  });
  const cluster = {
    mode: 'single-node',
    size: kernels.length,
    replicas: { main: 1 },
    networkName: null,
    sshKeyPair: null,
  } as const;
  return { creationId: null, sessionId: newSessionId(), kernels, cluster };
}
