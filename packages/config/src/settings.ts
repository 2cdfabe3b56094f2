import { isAbsolute, join, resolve } from 'node:path';
import type { ParsedConfig } from './schema/config.js';
import type { HostPort } from './values.js';

export type LogSeverity = 'debug' | 'info' | 'warn' | 'error';

export interface LogSettings {
  readonly level: LogSeverity;
  readonly console: { readonly format: 'simple' | 'verbose'; readonly colored: boolean | undefined } | undefined;
  readonly file: { readonly path: string; readonly backups: number; readonly rotationBytes: number } | undefined;
}

/** What the agent needs of its configuration, ready for use: absolute paths, milliseconds, bytes. */
export interface AgentFileSettings {
  readonly backend: ParsedConfig['agent']['backend'];
  /** Undefined: named for the host. */
  readonly agentId: string | undefined;
  /** Its host is empty where the agent shall find its own; port 0 means any. */
  readonly listen: HostPort;
  readonly stateDir: string;
  readonly scratchRoot: string;
  /** Undefined when nobody wants one. */
  readonly pidFile: string | undefined;
  readonly onStop: 'keep' | 'destroy';
  /** Undefined: the host of `listen`. */
  readonly kernelHost: string | undefined;
  readonly creationConcurrency: number;
  readonly startupTimeoutMs: number;
  readonly stopGraceMs: number;
  readonly spoolBytes: number;
  readonly portRange: readonly [number, number];
  /** Undefined: no limit. */
  readonly processLimit: number | undefined;
  readonly reservedCpu: number;
  readonly reservedMem: bigint;
  /** Kernels that may share one core. */
  readonly cpuOvercommit: number;
  readonly debug: boolean;
  readonly log: LogSettings;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly isRoot: boolean;
}

/** Compiles a configuration: relative paths are of the working directory, `~` is the home. */
export function toSettings(config: ParsedConfig, around: Surroundings): AgentFileSettings {
  const { agent, container, resource } = config;
  const lifecycles = config['kernel-lifecycles'];
  const place = (path: string) => absolute(path, around);
  const stateDir = place(agent['state-dir'] ?? defaultStateDir(around));
  const scratchRoot = container['scratch-root'];
  return {
    backend: agent.backend,
    agentId: agent.id === '' ? undefined : agent.id,
    listen: agent['rpc-listen-addr'],
    stateDir,
    scratchRoot: scratchRoot === undefined ? join(stateDir, 'scratches') : place(scratchRoot),
    pidFile: agent['pid-file'] === '/dev/null' ? undefined : place(agent['pid-file']),
    onStop: agent['on-stop'] === 'destroy' ? 'destroy' : 'keep',
    kernelHost: container['bind-host'] === '' ? undefined : container['bind-host'],
    creationConcurrency: agent['kernel-creation-concurrency'],
    startupTimeoutMs: lifecycles['init-timeout-sec'] * 1000,
    stopGraceMs: lifecycles['stop-grace-sec'] * 1000,
    spoolBytes: Number(agent['output-spool-size']),
    portRange: container['port-range'],
    processLimit: container['process-limit'] === 0 ? undefined : container['process-limit'],
    reservedCpu: resource['reserved-cpu'],
    reservedMem: resource['reserved-mem'],
    cpuOvercommit: resource['cpu-overcommit-factor'],
    debug: config.debug.enabled,
    log: logSettings(config, place),
  };
}

/** Where an agent keeps its state when nobody says where. */
export function defaultStateDir({ env, home, isRoot }: Pick<Surroundings, 'env' | 'home' | 'isRoot'>): string {
  if (isRoot) return '/var/lib/bai-agent';
  const stateHome = env['XDG_STATE_HOME'];
  const usable = stateHome !== undefined && isAbsolute(stateHome);
  return join(usable ? stateHome : join(home, '.local/state'), 'bai-agent');
}

function absolute(path: string, { cwd, home }: Surroundings): string {
  const expanded = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
  return resolve(cwd, expanded);
}

const SEVERITIES = {
  CRITICAL: 'error',
  ERROR: 'error',
  WARNING: 'warn',
  INFO: 'info',
  NOTSET: 'info',
  DEBUG: 'debug',
  TRACE: 'debug',
} as const;

function logSettings({ logging, debug }: ParsedConfig, place: (path: string) => string): LogSettings {
  const { console: terminal, file, drivers } = logging;
  return {
    level: debug.enabled ? 'debug' : SEVERITIES[logging.level],
    console: drivers.includes('console') ? { format: terminal.format, colored: terminal.colored } : undefined,
    file:
      drivers.includes('file') && file !== undefined
        ? {
            path: join(place(file.path), file.filename),
            backups: file['backup-count'],
            rotationBytes: file['rotation-size'],
          }
        : undefined,
  };
}
