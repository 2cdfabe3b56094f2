import type { AgentRuntime, AgentSettings, FailPoints, StateLock } from '@bai/agent-runtime';
import type { AgentFileSettings } from '@bai/config';
import type { ContainerRuntime, RunnerSource } from '@bai/container-runtime';
import type { Logger } from '@bai/core';
import type { EventTransport } from '@bai/events';
import type { RpcServer } from '@bai/manager-rpc';
import type { HostResources, PortPool } from '@bai/resources';
import type { ErrorMonitor, StatsMonitor } from '@bai/telemetry';
import type { InjectionToken } from 'tsyringe';
import type { PidFile } from '../daemon/pid-file.js';

// Named for what they stand for. What takes time to open is a promise of it.
export const FILE_SETTINGS: InjectionToken<AgentFileSettings> = Symbol('AgentFileSettings');
export const AGENT_SETTINGS: InjectionToken<AgentSettings> = Symbol('AgentSettings');
export const LOGGER: InjectionToken<Logger> = Symbol('Logger');
export const FAIL_POINTS: InjectionToken<FailPoints> = Symbol('FailPoints');
export const STATE_LOCK: InjectionToken<Promise<StateLock>> = Symbol('StateLock');
export const ERROR_MONITOR: InjectionToken<ErrorMonitor> = Symbol('ErrorMonitor');
export const STATS_MONITOR: InjectionToken<StatsMonitor> = Symbol('StatsMonitor');
export const EVENTS: InjectionToken<EventTransport> = Symbol('EventTransport');
export const RUNTIME: InjectionToken<Promise<ContainerRuntime>> = Symbol('ContainerRuntime');
export const RUNNER_SOURCE: InjectionToken<RunnerSource> = Symbol('RunnerSource');
export const RESOURCES: InjectionToken<HostResources> = Symbol('HostResources');
export const PORTS: InjectionToken<PortPool> = Symbol('PortPool');
export const AGENT: InjectionToken<Promise<AgentRuntime>> = Symbol('AgentRuntime');
export const RPC_SERVER: InjectionToken<Promise<RpcServer>> = Symbol('RpcServer');
export const PID_FILE: InjectionToken<Promise<PidFile | undefined>> = Symbol('PidFile');
