import { HostResources, PortPool } from '@bai/resources';
import { bindOnce, type Scope } from './scope.js';
import { FILE_SETTINGS, LOGGER, PORTS, RESOURCES } from './tokens.js';

/** What kernels may have of the host. */
export function bindResources(scope: Scope): void {
  bindOnce(scope, RESOURCES, ({ container }) => {
    const { reservedCpu, reservedMem } = container.resolve(FILE_SETTINGS);
    return HostResources.open({ reservedCpu, reservedMem, logger: container.resolve(LOGGER) });
  });
  bindOnce(scope, PORTS, ({ container }) => new PortPool({ range: container.resolve(FILE_SETTINGS).portRange }));
}
