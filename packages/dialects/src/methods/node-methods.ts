import { kernelId, required, text } from '../arguments.js';
import { g2, g3, type Method } from './method.js';

/** Methods about the agent itself. Those with the prefix `node.` are ours: managers never call them. */
export const nodeMethods: readonly Method[] = [
  {
    name: 'ping',
    summary: 'Answers with its argument.',
    G2: g2([required('msg', text)], (_context, message) => message),
    G3: g3([required('msg', text)], (_context, message) => message, { agentId: false }),
  },
  {
    name: 'node.info',
    summary: 'What this agent is: id, version, runtime, slots, images. The answer is an `AgentInfo` of agent-api.',
    G3: g3([], ({ agent, signal }) => agent.info({ signal })),
  },
  {
    name: 'node.list_kernels',
    summary: 'All kernels of this agent, as a list of `KernelSummary`.',
    G3: g3([], ({ agent, signal }) => agent.listKernels({ signal })),
  },
  {
    name: 'node.kernel_stats',
    summary: 'Figures of one kernel, a `KernelStats`.',
    G3: g3([required('kernel_id', kernelId)], ({ agent, signal }, id) => agent.kernelStats(id, { signal })),
  },
];
