import type {
  CreateKernelsCommand,
  DestroyKernelCommand,
  ExecuteCommand,
  KernelSpec,
  SshKeyPair,
} from '@bai/agent-api';
import { EXTENSION_KEYS } from '../execution.js';

/** Positional arguments of a request, ready to encode. */
export type RequestArguments = readonly unknown[];

/** The newest client API version, in which output comes as one ordered list. */
const API_VERSION = 3;

/** Arguments of `create_kernels`. @see spec/02 §4.3 */
export function toCreateKernelsArguments({ sessionId, kernels, cluster }: CreateKernelsCommand): RequestArguments {
  const info = {
    mode: cluster.mode,
    size: cluster.size,
    replicas: cluster.replicas,
    network_config: cluster.networkName === null ? {} : { mode: 'bridge', network_name: cluster.networkName },
    ssh_keypair: toPair(cluster.sshKeyPair),
    cluster_ssh_port_mapping: null,
  };
  return [sessionId, kernels.map(({ kernelId }) => kernelId), kernels.map(toConfig), info, {}];
}

function toConfig(kernel: KernelSpec): object {
  return {
    image: toImage(kernel),
    kernel_id: kernel.kernelId,
    session_type: kernel.sessionType,
    cluster_role: kernel.clusterRole,
    cluster_idx: kernel.clusterIndex,
    cluster_hostname: kernel.clusterHostname,
    resource_slots: kernel.slots,
    resource_opts: kernel.shmemBytes === undefined ? {} : { shmem: kernel.shmemBytes },
    environ: kernel.environ,
    mounts: kernel.mounts.map(({ name, source, target, permission }) => ({
      name,
      host_path: source,
      kernel_path: target,
      mount_perm: permission,
    })),
    bootstrap_script: kernel.bootstrapScript,
    startup_command: kernel.startupCommand,
    internal_data: {
      dotfiles: kernel.dotfiles.map(({ path, data, mode }) => ({ path, data, perm: mode })),
      ssh_keypair: toPair(kernel.sshKeyPair),
      block_service_ports: kernel.blockServicePorts,
    },
    auto_pull: kernel.image.autoPull,
    preopen_ports: kernel.preopenPorts,
    scaling_group: kernel.scalingGroup,
    agent_addr: kernel.agentAddress,
  };
}

function toImage({ image }: KernelSpec): object {
  return {
    canonical: image.canonical,
    digest: image.digest,
    repo_digest: null,
    labels: image.labels,
    project: image.project,
    architecture: image.architecture,
    is_local: image.isLocal,
    auto_pull: image.autoPull,
    registry: image.registry,
  };
}

const toPair = (pair: SshKeyPair | null): object | null =>
  pair === null ? null : { public_key: pair.publicKey, private_key: pair.privateKey };

export const toDestroyArguments = (command: DestroyKernelCommand): RequestArguments => [
  command.kernelId,
  command.sessionId,
  command.reason,
  command.suppressEvents,
];

/** Arguments of `execute`, with our extension keys, so that the answer has a cursor. @see spec/02 §5.6 */
export function toExecuteArguments(command: ExecuteCommand): RequestArguments {
  const opts = {
    ...(command.mode === 'batch' ? command.batch : {}),
    [EXTENSION_KEYS.eager]: command.eager,
    ...(command.cursor === null ? {} : { [EXTENSION_KEYS.cursor]: command.cursor }),
  };
  const seconds = command.flushTimeoutMs === null ? null : command.flushTimeoutMs / 1000;
  return ['', command.kernelId, API_VERSION, command.runId, command.mode, command.code, opts, seconds];
}
