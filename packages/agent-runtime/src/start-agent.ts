import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AgentEvent } from '@bai/agent-api';
import { HostFolderRunnerSource } from '@bai/container-runtime';
import { type AgentId, DisposalStack, type Logger, nullLogger, parseAgentId, type WaitOptions } from '@bai/core';
import { InProcessEvents } from '@bai/events';
import { bundleDirectory, RUNNER_SCRIPT } from '@bai/kernel-runner';
import { HostResources, PortPool } from '@bai/resources';
import { SandboxRuntime } from '@bai/runtime-sandbox';
import { LoggingErrorMonitor, MetricsRegistry } from '@bai/telemetry';
import { AgentRuntime } from './agent-runtime.js';
import { DEFAULT_SETTINGS, type OnStop } from './settings.js';
import { StateLock } from './state-lock.js';
import { VERSION } from './version.js';

export interface StartAgentOptions extends WaitOptions {
  /**
   * Folder of the agent's state. With one, kernels outlive the program and the next `startAgent` over the same folder finds them.
   * Without, the state is private and temporary, and kernels end with the agent.
   */
  readonly stateDir?: string | undefined;
  /** What happens to kernels at disposal. Default `keep` with a `stateDir`, else `destroy`. */
  readonly onStop?: OnStop | undefined;
  readonly logger?: Logger | undefined;
  readonly agentId?: string | undefined;
  /** Told of every event of the agent and its kernels. */
  readonly onEvent?: ((event: AgentEvent) => void) | undefined;
}

/**
 * Starts an agent in this program: kernels in the sandbox of this machine, no manager, no server, no configuration.
 * Dispose it to stop it.
 *
 * @throws {AgentRuntimeError} `STATE_DIR_IN_USE`, `STATE_DIR_UNUSABLE`
 * @throws RuntimeError `RUNTIME_UNAVAILABLE` where the machine forbids what the sandbox needs; the message says how to mend it.
 */
export async function startAgent(options: StartAgentOptions = {}): Promise<AgentRuntime> {
  const logger = options.logger ?? nullLogger;
  await using opening = new DisposalStack();
  const stateDir = options.stateDir === undefined ? await privateFolder(opening) : resolve(options.stateDir);
  const lock = opening.use(await StateLock.acquire(stateDir), 'state lock');
  const runtime = opening.use(await SandboxRuntime.open({ directory: join(stateDir, 'sandbox'), logger }), 'sandbox');
  const events = opening.use(new InProcessEvents({ logger }), 'events');
  const settings = {
    ...DEFAULT_SETTINGS,
    agentId: options.agentId === undefined ? defaultAgentId() : parseAgentId(options.agentId),
    version: VERSION,
    stateDir,
    scratchRoot: join(stateDir, 'scratches'),
    onStop: options.onStop ?? (options.stateDir === undefined ? 'destroy' : 'keep'),
  };
  if (options.onEvent !== undefined) events.subscribe(options.onEvent);
  return await AgentRuntime.open(
    settings,
    {
      lock,
      runtime,
      events,
      logger,
      runnerSource: new HostFolderRunnerSource({
        bundle: bundleDirectory(),
        entry: RUNNER_SCRIPT,
        directory: join(stateDir, 'runner'),
        logger,
      }),
      resources: HostResources.open({ reservedCpu: 0, cpuOvercommit: EMBEDDED_OVERCOMMIT, reservedMem: 0n, logger }),
      ports: new PortPool({ range: settings.portRange }),
      errors: new LoggingErrorMonitor(logger),
      stats: new MetricsRegistry(),
      owned: opening.move(),
    },
    options,
  );
}

/** Kernels that may share a core: nobody schedules an embedded agent, and a second kernel on one core is slow rather than refused. */
const EMBEDDED_OVERCOMMIT = 10;

/** Name of an agent that nobody named. @see spec/06 §1.8 */
export function defaultAgentId(): AgentId {
  return parseAgentId(`i-${hostname().replace(/[^A-Za-z0-9._-]/g, '-')}`.slice(0, 64));
}

/** A temporary folder that goes away after everything that lives in it. */
async function privateFolder(stack: DisposalStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bai-'));
  stack.defer('state folder', () => rm(folder, { recursive: true, force: true }));
  return folder;
}
