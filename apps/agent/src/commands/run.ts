import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Agent } from '@bai/agent-api';
import { createKernel, KernelSession } from '@bai/agent-runtime';
import { DisposalStack, describeError } from '@bai/core';
import type { CommandContext } from '../cli/context.js';
import { BrokenPipe, EXIT, Interrupted, UsageError } from '../cli/endings.js';
import { reportFailure } from '../cli/failure.js';
import { InputLines } from '../run/input-lines.js';
import { InterruptKeys } from '../run/interrupt-keys.js';
import { runProgram } from '../run/run-program.js';
import { imageOf, type RuntimeType, runtimeTypeOf } from '../run/runtime-type.js';
import { findKernel } from './kernels.js';
import { connectAgent, embedAgent } from './open-agent.js';

export interface RunOptions {
  readonly file: string | undefined;
  readonly code: string | undefined;
  readonly addr: string | undefined;
  readonly runtimeType: RuntimeType | undefined;
  readonly image: string | undefined;
  readonly cpu: string | undefined;
  readonly mem: string | undefined;
  readonly timeoutSec: number | undefined;
  readonly kernel: string | undefined;
  readonly keep: boolean;
}

/** How an agent is found; tests put in another. */
export type OpenAgent = (options: RunOptions, stack: DisposalStack, signal: AbortSignal) => Promise<Agent>;

class TimedOut extends Error {}

/** `bai-agent run`: one program in one kernel. @returns the exit code, which is the program's own unless something else ended it */
export async function run(options: RunOptions, context: CommandContext, openAgent = openByAddress): Promise<number> {
  const { shell, printer } = context;
  const code = await readCode(options, context);
  const image = imageFor(options);
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, printer.gone]);
  await using keys = new InterruptKeys(shell, ending);
  await using input = new InputLines(shell.stdin);
  await using stack = new DisposalStack();
  try {
    const agent = await openAgent(options, stack, signal);
    const session = await openSession(agent, { ...options, image }, stack, context, signal);
    if (options.timeoutSec !== undefined) endAfter(options.timeoutSec, ending, stack);
    keys.watch(session, printer);
    return await runProgram({ session, code, printer, input, signal, keys });
  } catch (error) {
    // A kernel that isn't ours to end is ended all the same when the user insists.
    if (keys.kill && (options.kernel !== undefined || options.keep)) await keys.session?.destroy();
    return await exitCodeOf(error, options, context);
  }
}

const openByAddress: OpenAgent = ({ addr }, stack, signal) =>
  addr === undefined ? embedAgent(stack, { signal }) : connectAgent(addr, stack, { signal });

async function openSession(
  agent: Agent,
  { kernel, keep, image, cpu, mem }: RunOptions,
  stack: DisposalStack,
  { printer }: CommandContext,
  signal: AbortSignal,
): Promise<KernelSession> {
  if (kernel !== undefined) return new KernelSession(agent, (await findKernel(agent, kernel)).kernelId);
  const session = await createKernel(agent, { image, cpu, mem, signal });
  await printer.value({ type: 'kernel', kernelId: session.kernelId });
  if (keep)
    await printer.note(`[kernel ${session.kernelId} stays: --kernel ${session.kernelId.slice(0, 8)} uses it again]`);
  else stack.use(session, 'kernel');
  return session;
}

async function readCode({ file, code, kernel, keep, addr }: RunOptions, { shell }: CommandContext): Promise<string> {
  if ((file === undefined) === (code === undefined)) {
    throw new UsageError(
      "name a file to run, or give its text with -c: 'bai-agent run hello.py' or 'bai-agent run -c CODE'",
    );
  }
  if ((keep || kernel !== undefined) && addr === undefined) {
    throw new UsageError('--keep and --kernel need an agent that goes on: name its address with --addr HOST:PORT');
  }
  if (code !== undefined) return code;
  if (file === '-') return await text(shell.stdin);
  return await readFile(resolve(shell.cwd, file ?? ''), 'utf8').catch((error: unknown) => {
    throw new UsageError(`${file} can't be read: ${describeError(error)}`);
  });
}

/** Undefined lets the agent choose, for `-c` and standard input without a word on the interpreter. */
function imageFor({ image, runtimeType, file, kernel }: RunOptions): string | undefined {
  if (image !== undefined || kernel !== undefined) return image;
  if (runtimeType !== undefined) return imageOf(runtimeType);
  return file === undefined || file === '-' ? undefined : imageOf(runtimeTypeOf(file));
}

function endAfter(seconds: number, ending: AbortController, stack: DisposalStack): void {
  const timer = setTimeout(() => ending.abort(new TimedOut(`the code ran longer than ${seconds} s`)), seconds * 1000);
  stack.defer('timeout', () => clearTimeout(timer));
}

async function exitCodeOf(
  error: unknown,
  { timeoutSec }: RunOptions,
  { printer, debug }: CommandContext,
): Promise<number> {
  if (error instanceof TimedOut) {
    await printer.value({ type: 'timeout', seconds: timeoutSec });
    await printer.note(`[${error.message} and was ended]`);
    return EXIT.timeout;
  }
  const exitCode = await reportFailure(error, printer, debug);
  const isOwn = error instanceof Interrupted || error instanceof BrokenPipe || error instanceof UsageError;
  return isOwn || exitCode !== EXIT.failed ? exitCode : EXIT.agentFailed;
}
