import { InvalidArgumentError, type MountSpec } from '@bai/agent-api';
import { z } from 'zod';
import type { CreationReader } from '../creation/command.js';
import { allowedMounts, toClusterSpec, toKernelSpec } from '../creation/kernel-spec.js';
import { absolutePath, clusterSchema, configSchema, mountPermission, parseField } from '../creation/schema.js';

const HOME = '/home/work/';

/** `[name, host, path or folder id, permission, unmanaged path]`, shorter in older callers. @see spec/02 §3.3 */
const mountTuple = z.array(z.string()).min(3).max(5);

const g2Config = configSchema.extend({
  mounts: z.array(mountTuple).nullish(),
  mount_map: z.record(z.string(), absolutePath).nullish(),
});

const g2Cluster = clusterSchema.extend({ network_name: z.string().nullish() });

/** Creation configs and cluster information as G2 managers send them. @see spec/02 §4.2 */
export const g2Creation: CreationReader = {
  toKernel(kernelId, value, field) {
    const config = parseField(g2Config, value, field);
    const targets = config.mount_map ?? {};
    const mounts = (config.mounts ?? []).map((mount, index) => toMount(mount, targets, `${field}.mounts[${index}]`));
    return toKernelSpec(kernelId, config, allowedMounts(config, mounts));
  },
  toCluster(info) {
    const cluster = parseField(g2Cluster, info, 'raw_cluster_info');
    return toClusterSpec(cluster, cluster.network_name ?? null);
  },
};

function toMount(tuple: readonly string[], targets: Readonly<Record<string, string>>, field: string): MountSpec {
  const [name = '', , folder = '', permission = 'rw', unmanaged = ''] = tuple;
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (target !== undefined && !target.startsWith(HOME)) {
    throw new InvalidArgumentError(field, `must be mounted below ${HOME}, got ${JSON.stringify(target)}`);
  }
  return {
    name,
    source: toSource(unmanaged === '' ? folder : unmanaged, `${field}[2]`),
    target: parseField(absolutePath, target ?? HOME + name, `${field}[0]`),
    permission: parseField(mountPermission, permission, `${field}[3]`),
  };
}

/** Managers from 20.09 give the absolute path; a bare folder id would need the cluster's volume settings. */
function toSource(path: string, field: string): string {
  if (!path.startsWith('/')) {
    throw new InvalidArgumentError(field, `must be an absolute path on this host, got ${JSON.stringify(path)}`);
  }
  return parseField(absolutePath, path, field);
}
