import { BaiError, errorCode } from '@bai/core';
import { RpcServer } from '@bai/manager-rpc';
import { hostAndPort, listenHost } from '../daemon/listen-host.js';
import { PidFile } from '../daemon/pid-file.js';
import { bindOnce, type Scope } from './scope.js';
import { AGENT, AGENT_SETTINGS, FILE_SETTINGS, LOGGER, PID_FILE, RPC_SERVER } from './tokens.js';

/** How the agent is found and reached. */
export function bindRpc(scope: Scope): void {
  bindOnce(scope, PID_FILE, async ({ container, stack }) => {
    const { pidFile } = container.resolve(FILE_SETTINGS);
    return pidFile === undefined ? undefined : stack.use(await PidFile.write(pidFile), 'pid file');
  });
  bindOnce(scope, RPC_SERVER, async ({ container, stack }) => {
    const { listen } = container.resolve(FILE_SETTINGS);
    const address = hostAndPort(await listenHost(listen.host), listen.port);
    const agent = await container.resolve(AGENT);
    const { agentId } = container.resolve(AGENT_SETTINGS);
    const logger = container.resolve(LOGGER);
    try {
      return stack.use(await RpcServer.listen({ address, agent, agentId, logger }), 'rpc server');
    } catch (error) {
      throw errorCode(error) === 'RPC_ADDRESS_IN_USE' ? addressBusy(address, error) : error;
    }
  });
}

/** The command that helps stands in the message: this is the first thing that goes wrong on many machines. */
function addressBusy(address: string, cause: unknown): BaiError {
  return new BaiError(
    'RPC_ADDRESS_IN_USE',
    `another program listens at ${address}: choose another port, for example with --set agent.rpc-listen-addr=127.0.0.1:7001, or 127.0.0.1:0 for any free one`,
    { details: { address }, cause },
  );
}
