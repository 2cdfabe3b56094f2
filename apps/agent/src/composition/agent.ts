import { AgentRuntime, type AgentSettings, defaultAgentId, killAt, noFailPoints } from '@bai/agent-runtime';
import type { AgentFileSettings } from '@bai/config';
import { parseAgentId } from '@bai/core';
import { VERSION } from '../version.js';
import { bindOnce, type Scope } from './scope.js';
import {
  AGENT,
  AGENT_SETTINGS,
  ERROR_MONITOR,
  EVENTS,
  FAIL_POINTS,
  FILE_SETTINGS,
  LOGGER,
  PORTS,
  RESOURCES,
  RUNNER_SOURCE,
  RUNTIME,
  STATE_LOCK,
  STATS_MONITOR,
} from './tokens.js';

/** The agent over all its parts. */
export function bindAgent(scope: Scope, env: Readonly<Record<string, string | undefined>>): void {
  bindOnce(scope, AGENT_SETTINGS, ({ container }) => agentSettings(container.resolve(FILE_SETTINGS)));
  bindOnce(scope, FAIL_POINTS, () => failPointsOf(env['BAI_AGENT_FAILPOINT']));
  bindOnce(scope, AGENT, async ({ container, stack }) => {
    const errors = container.resolve(ERROR_MONITOR);
    const stats = container.resolve(STATS_MONITOR);
    const events = container.resolve(EVENTS);
    const agent = await AgentRuntime.open(container.resolve(AGENT_SETTINGS), {
      lock: await container.resolve(STATE_LOCK),
      runtime: await container.resolve(RUNTIME),
      runnerSource: container.resolve(RUNNER_SOURCE),
      resources: container.resolve(RESOURCES),
      ports: container.resolve(PORTS),
      events,
      errors,
      stats,
      logger: container.resolve(LOGGER),
      failPoints: container.resolve(FAIL_POINTS),
    });
    return stack.use(agent, 'agent');
  });
}

const failPointsOf = (name: string | undefined) => (name === undefined || name === '' ? noFailPoints : killAt(name));

function agentSettings(file: AgentFileSettings): AgentSettings {
  return {
    agentId: file.agentId === undefined ? defaultAgentId() : parseAgentId(file.agentId),
    version: VERSION,
    stateDir: file.stateDir,
    scratchRoot: file.scratchRoot,
    kernelHost: file.kernelHost ?? (file.listen.host === '' ? '127.0.0.1' : file.listen.host),
    onStop: file.onStop,
    creationConcurrency: file.creationConcurrency,
    startupTimeoutMs: file.startupTimeoutMs,
    stopGraceMs: file.stopGraceMs,
    spoolBytes: file.spoolBytes,
    portRange: file.portRange,
    processLimit: file.processLimit,
  };
}
