import { AgentError, type MountSpec } from '@bai/agent-api';
import { z } from 'zod';
import type { CreationReader } from '../creation/command.js';
import { allowedMounts, toClusterSpec, toKernelSpec } from '../creation/kernel-spec.js';
import { absolutePath, clusterSchema, configSchema, mountPermission, parseField } from '../creation/schema.js';

const g3Mount = z.object({
  name: z.string(),
  host_path: absolutePath,
  kernel_path: absolutePath,
  mount_perm: mountPermission,
});

const g3Config = configSchema.extend({ mounts: z.array(g3Mount).nullish() });

const g3Cluster = clusterSchema.extend({
  network_config: z.object({ mode: z.string().nullish(), network_name: z.string().nullish() }).nullish(),
});

/** Creation configs and cluster information as G3 managers send them. @see spec/02 §4.3, spec/09 §3 */
export const g3Creation: CreationReader = {
  toKernel(kernelId, value, field) {
    const config = parseField(g3Config, value, field);
    return toKernelSpec(kernelId, config, allowedMounts(config, (config.mounts ?? []).map(toMount)));
  },
  toCluster(info) {
    const cluster = parseField(g3Cluster, info, 'raw_cluster_info');
    return toClusterSpec(cluster, toNetworkName(cluster.network_config ?? {}));
  },
};

const toMount = (mount: z.output<typeof g3Mount>): MountSpec => ({
  name: mount.name,
  source: mount.host_path,
  target: mount.kernel_path,
  permission: mount.mount_perm,
});

function toNetworkName(network: {
  mode?: string | null | undefined;
  network_name?: string | null | undefined;
}): string | null {
  const mode = network.mode ?? null;
  if (mode === null) return null;
  if (mode === 'bridge') return network.network_name ?? null;
  throw new AgentError('NOT_SUPPORTED', `network mode ${JSON.stringify(mode)} is not supported by this agent`);
}
