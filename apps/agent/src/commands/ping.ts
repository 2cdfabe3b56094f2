import { DisposalStack } from '@bai/core';
import type { CommandContext } from '../cli/context.js';
import { describeAgent } from '../cli/describe-agent.js';
import { EXIT } from '../cli/endings.js';
import type { Connect, KernelsOptions } from './kernels.js';
import { connectAgent } from './open-agent.js';

/** `bai-agent ping`: is an agent there, and what has it? */
export async function ping(
  { addr }: KernelsOptions,
  { printer }: CommandContext,
  connect: Connect = connectAgent,
): Promise<number> {
  await using stack = new DisposalStack();
  const agent = await connect(addr, stack);
  const start = performance.now();
  const info = await agent.info();
  const roundTripMs = Math.round((performance.now() - start) * 100) / 100;
  await printer.value({ address: addr, roundTripMs, ...info });
  await printer.line(`agent ${info.agentId}, version ${info.version}, answers at ${addr} in ${roundTripMs} ms`);
  for (const line of describeAgent(info)) await printer.line(line);
  return EXIT.ok;
}
