import { errorCode, poll } from '@bai/core';
import type { RpcServerOptions } from '../server/options.js';
import { RpcServer } from '../server/rpc-server.js';

/** Listens where another server has just closed: ZeroMQ lets go of a port on a thread of its own, a moment after the close. */
export function listenAgain(options: RpcServerOptions): Promise<RpcServer> {
  return poll('the port', { timeoutMs: 10_000, intervalMs: 20 }, () =>
    RpcServer.listen(options).catch((error: unknown) => {
      if (errorCode(error) === 'RPC_ADDRESS_IN_USE') return undefined;
      throw error;
    }),
  );
}
