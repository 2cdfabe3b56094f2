import type { Agent, AgentInfo } from '@bai/agent-api';
import { createKernel, type KernelSession } from '@bai/agent-runtime';
import { DisposalStack, errorCode } from '@bai/core';
import type { CommandContext } from '../cli/context.js';
import { describeAgent } from '../cli/describe-agent.js';
import { EXIT, Interrupted } from '../cli/endings.js';
import { type Example, findExample } from '../quickstart/examples.js';
import { runNotIsolated } from '../quickstart/not-isolated.js';
import { showStats } from '../quickstart/show-stats.js';
import { Steps } from '../quickstart/steps.js';
import { shellExitCode } from '../run/run-program.js';
import { embedAgent } from './open-agent.js';

/** How the agent is made; tests put in another. */
export type Embed = (stack: DisposalStack, options: { readonly signal: AbortSignal }) => Promise<Agent>;

/** `bai-agent quickstart`: everything that an agent does, once, on this machine, with nothing left behind. */
export async function quickstart(context: CommandContext, embed: Embed = embedAgent): Promise<number> {
  const { shell, printer } = context;
  const steps = new Steps(printer);
  const ending = new AbortController();
  using _int = shell.onSignal('SIGINT', () => ending.abort(new Interrupted()));
  using _term = shell.onSignal('SIGTERM', () => ending.abort(new Interrupted(EXIT.terminated)));
  const signal = AbortSignal.any([ending.signal, printer.gone]);
  await printer.line(
    'A kernel on this machine: its own processes, files and network, as far as this machine allows.\n',
  );
  try {
    return await show(steps, context, embed, signal);
  } catch (error) {
    if (errorCode(error) !== 'RUNTIME_UNAVAILABLE') throw error;
    return await runNotIsolated(error, steps, context, signal);
  }
}

async function show(steps: Steps, { printer }: CommandContext, embed: Embed, signal: AbortSignal): Promise<number> {
  await using stack = new DisposalStack();
  const agent = await steps.run('starting an agent, in this process', () => embed(stack, { signal }));
  const info = await agent.info({ signal });
  for (const line of describeAgent(info)) await printer.line(line);
  const example = await findExample(imagesOf(info));
  const session = await steps.run(`creating a kernel of ${example.image}`, () =>
    createKernel(agent, { image: example.image, mem: '512m', signal }),
  );
  stack.use(session, 'kernel');
  const exitCode = await steps.show(`running examples/${example.name} in it`, () =>
    runExample(session, example, steps, signal),
  );
  await showStats(await session.stats({ signal }), await limitsOf(agent, session, signal), printer);
  await steps.run('destroying the kernel and the agent', () => stack[Symbol.asyncDispose]());
  await steps.total();
  await printer.line(
    '\nNext: pnpm --filter agent start, and from another shell: pnpm bai run --addr 127.0.0.1:6001 examples/hello.py',
  );
  return exitCode;
}

const imagesOf = (info: AgentInfo): readonly string[] => info.images.map(({ canonical }) => canonical);

async function runExample(
  session: KernelSession,
  { code }: Example,
  steps: Steps,
  signal: AbortSignal,
): Promise<number> {
  for await (const event of session.run(code, { signal })) {
    if (event.type === 'stdout' || event.type === 'stderr' || event.type === 'log') await steps.output(event.text);
    if (event.type === 'finished') return shellExitCode(event.exitCode);
  }
  return EXIT.failed;
}

async function limitsOf(agent: Agent, { kernelId }: KernelSession, signal: AbortSignal) {
  const kernels = await agent.listKernels({ signal });
  return kernels.find((kernel) => kernel.kernelId === kernelId)?.limits ?? {};
}
