import { HostResources, PortPool } from '@bai/resources';
import { bindOnce, type Scope } from './scope.js';
import { FILE_SETTINGS, LOGGER, PORTS, RESOURCES } from './tokens.js';

/** What kernels may have of the host. */
export function bindResources(scope: Scope, env: Readonly<Record<string, string | undefined>>): void {
  bindOnce(scope, RESOURCES, ({ container }) => {
    const { reservedCpu, reservedMem } = container.resolve(FILE_SETTINGS);
    // Upstream's agents take the factor from the environment only. @see spec/05 §10.1
    const cpuOvercommit = Number(env['BACKEND_CPU_OVERCOMMIT_FACTOR'] ?? 1);
    return HostResources.open({ reservedCpu, reservedMem, cpuOvercommit, logger: container.resolve(LOGGER) });
  });
  bindOnce(scope, PORTS, ({ container }) => new PortPool({ range: container.resolve(FILE_SETTINGS).portRange }));
}
