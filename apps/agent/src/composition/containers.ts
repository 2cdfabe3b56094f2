import { join } from 'node:path';
import { StateLock } from '@bai/agent-runtime';
import { HostFolderRunnerSource } from '@bai/container-runtime';
import { bundleDirectory, RUNNER_SCRIPT } from '@bai/kernel-runner';
import { SandboxRuntime } from '@bai/runtime-sandbox';
import { UsageError } from '../cli/endings.js';
import { bindOnce, type Scope } from './scope.js';
import { FILE_SETTINGS, LOGGER, RUNNER_SOURCE, RUNTIME, STATE_LOCK } from './tokens.js';

/** What kernels run in, and how the runner gets there. */
export function bindContainers(scope: Scope): void {
  // Before any part touches the folder: it may belong to a running agent.
  bindOnce(scope, STATE_LOCK, async ({ container, stack }) =>
    stack.use(await StateLock.acquire(container.resolve(FILE_SETTINGS).stateDir), 'state lock'),
  );
  bindOnce(scope, RUNTIME, async ({ container, stack }) => {
    const { backend, stateDir } = container.resolve(FILE_SETTINGS);
    if (backend !== 'sandbox') {
      throw new UsageError(
        `agent.backend = "${backend}" is not in this version: use "sandbox", for example with --set agent.backend=sandbox`,
      );
    }
    await container.resolve(STATE_LOCK);
    const directory = join(stateDir, 'sandbox');
    return stack.use(await SandboxRuntime.open({ directory, logger: container.resolve(LOGGER) }), 'runtime');
  });
  bindOnce(scope, RUNNER_SOURCE, ({ container }) => {
    const directory = join(container.resolve(FILE_SETTINGS).stateDir, 'runner');
    const logger = container.resolve(LOGGER);
    return new HostFolderRunnerSource({ bundle: bundleDirectory(), entry: RUNNER_SCRIPT, directory, logger });
  });
}
