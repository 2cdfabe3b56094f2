import { BaiError, type BaiErrorOptions } from '@bai/core';
import type { WireFailure } from '@bai/dialects';

/**
 * - `RPC_ADDRESS_IN_USE`, `RPC_BIND_FAILED`: the server can't listen where it was told to.
 * - `RPC_INVALID_ADDRESS`: an address that isn't `tcp://HOST:PORT`.
 * - `RPC_UNREACHABLE`: nobody answers at the address, or something that isn't an agent.
 * - `RPC_CONNECTION_LOST`: the connection broke during a call; whether the call was carried out is unknown.
 * - `RPC_REMOTE_FAILURE`: the agent refused or failed the call.
 * - `RPC_CANCELLED`: the agent gave the call up.
 * - `RPC_CLOSED`: the client was closed meanwhile.
 */
export type RpcErrorCode =
  | 'RPC_ADDRESS_IN_USE'
  | 'RPC_BIND_FAILED'
  | 'RPC_INVALID_ADDRESS'
  | 'RPC_UNREACHABLE'
  | 'RPC_CONNECTION_LOST'
  | 'RPC_REMOTE_FAILURE'
  | 'RPC_CANCELLED'
  | 'RPC_CLOSED';

/** What can go wrong between two peers, apart from what a method answers. */
export class RpcError extends BaiError {
  declare readonly code: RpcErrorCode;

  constructor(code: RpcErrorCode, message: string, options?: BaiErrorOptions) {
    super(code, message, options);
  }
}

/** A failure reply, as the peer sent it. */
export class RpcRemoteError extends RpcError {
  readonly failure: WireFailure;

  constructor(method: string, failure: WireFailure) {
    super('RPC_REMOTE_FAILURE', `${method} failed: ${failure.repr}`, { details: { method, remoteName: failure.name } });
    this.failure = failure;
  }
}

export const unreachable = (address: string, problem: string, options?: BaiErrorOptions): RpcError =>
  new RpcError(
    'RPC_UNREACHABLE',
    `no agent answers at ${address}: ${problem}. Is it running, and does it listen there?`,
    {
      retryable: true,
      ...options,
      details: { address, ...options?.details },
    },
  );
