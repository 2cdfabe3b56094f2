import { basename, dirname } from 'node:path';

/** A value that an environment variable or an option gives to a key. */
export interface Assignment {
  readonly key: string;
  readonly text: string;
}

/** A key that has an environment variable, an option of `start`, or both. */
export interface Binding {
  readonly key: string;
  readonly env?: string;
  readonly flag?: string;
  /** Turns the text into what is to be assigned; by default it is assigned to `key` as it is. */
  readonly assign?: (text: string) => readonly Assignment[];
  /** The option takes no value. */
  readonly isSwitch?: boolean;
  /** Words for the help of the option, where the description of the key doesn't fit. */
  readonly help?: string;
}

const logFile = (text: string): readonly Assignment[] => [
  { key: 'logging.file.path', text: dirname(text) },
  { key: 'logging.file.filename', text: basename(text) },
];

/** An option of 19.03 says that a log file is wanted; the variable of later agents only says where it would be. */
const logFileOn = (text: string): readonly Assignment[] => [
  ...logFile(text),
  { key: 'logging.drivers', text: '["console", "file"]' },
];

/** @see spec/06 §1.3 (options), §1.4 (variables), spec/05 §10.1 (overcommitment) */
export const BINDINGS: readonly Binding[] = [
  { key: 'agent.state-dir', flag: 'state-dir' },
  { key: 'agent.on-stop', flag: 'on-stop' },
  { key: 'agent.rpc-listen-addr', flag: 'rpc-listen-addr' },
  { key: 'etcd.namespace', env: 'BACKEND_NAMESPACE', flag: 'namespace' },
  { key: 'etcd.addr', env: 'BACKEND_ETCD_ADDR', flag: 'etcd-addr' },
  { key: 'etcd.user', env: 'BACKEND_ETCD_USER', flag: 'etcd-user' },
  { key: 'etcd.password', env: 'BACKEND_ETCD_PASSWORD', flag: 'etcd-password' },
  {
    key: 'agent.rpc-listen-addr.host',
    env: 'BACKEND_AGENT_HOST_OVERRIDE',
    flag: 'agent-host-override',
    help: 'Host of agent.rpc-listen-addr',
  },
  {
    key: 'agent.rpc-listen-addr.port',
    env: 'BACKEND_AGENT_PORT',
    flag: 'agent-port',
    help: 'Port of agent.rpc-listen-addr',
  },
  { key: 'agent.pid-file', env: 'BACKEND_PID_FILE', flag: 'pid-file' },
  { key: 'container.port-range', env: 'BACKEND_CONTAINER_PORT_RANGE', flag: 'container-port-range' },
  { key: 'container.bind-host', env: 'BACKEND_KERNEL_HOST_OVERRIDE', flag: 'kernel-host-override' },
  { key: 'container.bind-host', env: 'BACKEND_BIND_HOST_OVERRIDE' },
  { key: 'container.sandbox-type', env: 'BACKEND_SANDBOX_TYPE', flag: 'sandbox-type' },
  { key: 'container.jail-args', flag: 'jail-arg' },
  { key: 'container.kernel-uid', flag: 'kernel-uid' },
  { key: 'container.scratch-root', env: 'BACKEND_SCRATCH_ROOT', flag: 'scratch-root' },
  {
    key: 'container.scratch-type',
    flag: 'scratch-in-memory',
    isSwitch: true,
    help: 'Make home folders in memory',
    assign: (text) => (text === 'true' ? [{ key: 'container.scratch-type', text: 'memory' }] : []),
  },
  { key: 'resource.cpu-overcommit-factor', env: 'BACKEND_CPU_OVERCOMMIT_FACTOR' },
  { key: 'resource.mem-overcommit-factor', env: 'BACKEND_MEM_OVERCOMMIT_FACTOR' },
  { key: 'watcher.service-addr.host', env: 'BACKEND_WATCHER_SERVICE_IP' },
  { key: 'watcher.service-addr.port', env: 'BACKEND_WATCHER_SERVICE_PORT' },
  { key: 'logging.file', env: 'BACKEND_LOG_FILE', assign: logFile },
  { key: 'logging.file', flag: 'log-file', assign: logFileOn, help: 'Also write the log as JSON lines to this file' },
  { key: 'logging.file.backup-count', env: 'BACKEND_LOG_FILE_COUNT', flag: 'log-file-count' },
  {
    key: 'logging.file.rotation-size',
    env: 'BACKEND_LOG_FILE_SIZE',
    flag: 'log-file-size',
    help: 'Size of a log file in MiB',
    assign: (text) => [{ key: 'logging.file.rotation-size', text: `${text}MiB` }],
  },
  {
    key: 'debug.skip-container-deletion',
    flag: 'debug-skip-container-deletion',
    isSwitch: true,
  },
];

/** Options of 19.03 agents that never did anything there either, or that name parts which this agent doesn't have. */
export const IGNORED_FLAGS: readonly { readonly name: string; readonly isSwitch?: boolean }[] = [
  { name: 'idle-timeout' },
  { name: 'kernel-aliases' },
  { name: 'debug-kernel' },
  { name: 'debug-jail' },
  { name: 'debug-hook' },
  { name: 'limit-cpus' },
  { name: 'limit-gpus' },
  { name: 'datadog-api-key' },
  { name: 'datadog-app-key' },
  { name: 'raven-uri' },
];
