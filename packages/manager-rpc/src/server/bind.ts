import { errorCode } from '@bai/core';
import type { Router } from 'zeromq';
import { formatTcpAddress, parseTcpAddress, type TcpAddress, toBindEndpoint } from '../address.js';
import { RpcError } from '../errors.js';

/**
 * Binds a socket, and closes it when that fails.
 * @returns the address with the port that the system chose.
 * @throws {RpcError} `RPC_ADDRESS_IN_USE`, `RPC_BIND_FAILED`
 */
export async function bind(socket: Router, wanted: TcpAddress): Promise<TcpAddress> {
  const shown = formatTcpAddress(wanted);
  try {
    await socket.bind(await toBindEndpoint(wanted));
    return { host: wanted.host, port: parseTcpAddress(socket.lastEndpoint ?? '').port };
  } catch (error) {
    socket.close();
    if (errorCode(error) === 'EADDRINUSE') {
      const hint = "is another agent running? Set 'agent.rpc-listen-addr' to a free address";
      throw new RpcError('RPC_ADDRESS_IN_USE', `${shown} is already in use: ${hint}`, {
        cause: error,
        details: { address: shown },
      });
    }
    const hint = "set 'agent.rpc-listen-addr' to an address of this machine";
    throw new RpcError('RPC_BIND_FAILED', `can't listen on ${shown}: ${hint}`, {
      cause: error,
      details: { address: shown },
    });
  }
}
