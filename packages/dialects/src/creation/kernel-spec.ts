import type { ClusterSpec, ImageSpec, KernelSpec, MountSpec, SshKeyPair } from '@bai/agent-api';
import type { KernelId } from '@bai/core';
import type { Cluster, Config } from './schema.js';

type Pair = { readonly public_key: string; readonly private_key: string };

/** What a checked config means, with the defaults of absent fields. The mounts are read by each generation on its own. */
export function toKernelSpec(kernelId: KernelId, config: Config, mounts: readonly MountSpec[]): KernelSpec {
  const internal = config.internal_data ?? {};
  const role = config.cluster_role ?? 'main';
  const index = config.cluster_idx ?? 1;
  return {
    kernelId,
    image: toImageSpec(config),
    sessionType: config.session_type ?? 'interactive',
    clusterRole: role,
    clusterIndex: index,
    clusterHostname: config.cluster_hostname ?? `${role}${index}`,
    slots: config.resource_slots,
    shmemBytes: config.resource_opts?.shmem ?? undefined,
    environ: config.environ ?? {},
    mounts,
    bootstrapScript: config.bootstrap_script ?? null,
    startupCommand: config.startup_command ?? null,
    preopenPorts: config.preopen_ports ?? [],
    dotfiles: (internal.dotfiles ?? []).map(({ path, data, perm }) => ({ path, data, mode: perm ?? '644' })),
    sshKeyPair: toSshKeyPair(internal.ssh_keypair),
    blockServicePorts: internal.block_service_ports ?? false,
    scalingGroup: config.scaling_group ?? null,
    agentAddress: config.agent_addr ?? null,
  };
}

function toImageSpec({ image, auto_pull }: Config): ImageSpec {
  return {
    canonical: image.canonical,
    labels: image.labels ?? {},
    digest: image.digest ?? '',
    project: image.project ?? null,
    architecture: image.architecture ?? null,
    isLocal: image.is_local ?? false,
    autoPull: image.auto_pull ?? auto_pull ?? 'digest',
    registry: {
      name: image.registry?.name ?? '',
      url: image.registry?.url ?? '',
      username: image.registry?.username ?? null,
      password: image.registry?.password ?? null,
    },
  };
}

export function toClusterSpec(cluster: Cluster, networkName: string | null): ClusterSpec {
  return {
    mode: cluster.mode ?? 'single-node',
    size: cluster.size ?? 1,
    replicas: cluster.replicas ?? {},
    networkName,
    sshKeyPair: toSshKeyPair(cluster.ssh_keypair),
  };
}

function toSshKeyPair(pair: Pair | null | undefined): SshKeyPair | null {
  return pair ? { publicKey: pair.public_key, privateKey: pair.private_key } : null;
}

/** A kernel that is told not to see the user's folders keeps only the one for logs. @see spec/02 §3.3 */
export function allowedMounts(config: Config, mounts: readonly MountSpec[]): readonly MountSpec[] {
  return config.internal_data?.prevent_vfolder_mounts ? mounts.filter((mount) => mount.name === '.logs') : mounts;
}
