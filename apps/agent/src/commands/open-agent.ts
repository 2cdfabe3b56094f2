import type { Agent } from '@bai/agent-api';
import type { DisposalStack, WaitOptions } from '@bai/core';

export const DEFAULT_ADDRESS = '127.0.0.1:6001';

/** A running agent behind its address. @throws RpcError `RPC_UNREACHABLE`, `RPC_INVALID_ADDRESS` */
export async function connectAgent(
  address: string,
  stack: DisposalStack,
  { signal }: WaitOptions = {},
): Promise<Agent> {
  const { AgentClient } = await import('@bai/manager-rpc');
  return stack.use(await AgentClient.connect({ address, ...(signal === undefined ? {} : { signal }) }), 'connection');
}

/** An agent of this process alone: its state is temporary, and its kernels end with it. */
export async function embedAgent(stack: DisposalStack, { signal }: WaitOptions = {}): Promise<Agent> {
  const { startAgent } = await import('@bai/agent-runtime');
  return stack.use(await startAgent({ signal }), 'agent');
}
