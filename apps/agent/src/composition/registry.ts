import { join } from 'node:path';
import { EmbeddedRegistry } from '@bai/registry';
import { Announcement } from '../daemon/announcement.js';
import { listenHost } from '../daemon/listen-host.js';
import { bindOnce, type Scope } from './scope.js';
import { AGENT_SETTINGS, ANNOUNCEMENT, FILE_SETTINGS, LOGGER, REGISTRY, STATE_LOCK } from './tokens.js';

/** The configuration that a cluster shares: without a cluster, a file below the agent's state. */
export function bindRegistry(scope: Scope): void {
  bindOnce(scope, REGISTRY, async ({ container, stack }) => {
    await container.resolve(STATE_LOCK);
    const file = join(container.resolve(FILE_SETTINGS).stateDir, 'registry.json');
    const { agentId } = container.resolve(AGENT_SETTINGS);
    return stack.use(await EmbeddedRegistry.open({ file, agentId, logger: container.resolve(LOGGER) }), 'registry');
  });
  bindOnce(scope, ANNOUNCEMENT, async ({ container, stack }) => {
    const { agentId } = container.resolve(AGENT_SETTINGS);
    const ip = await listenHost(container.resolve(FILE_SETTINGS).listen.host);
    return stack.use(await Announcement.make(await container.resolve(REGISTRY), agentId, ip), 'announcement');
  });
}
