import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DisposalStack, describeError } from '@bai/core';
import type { CommandContext } from '../cli/context.js';
import { EXIT } from '../cli/endings.js';
import { findExample } from './examples.js';
import type { Steps } from './steps.js';

const WARNING = [
  '!! This machine does not allow what the sandbox needs:',
  '',
  '!! NOT ISOLATED: only the bundled example runs now, as an ordinary program with all your rights.',
  "!! The agent itself refuses to start here: 'bai-agent start' says the same.",
];

/** The example where no kernel can be made: a child process, and plainly called that. Runs nothing but our own example. */
export async function runNotIsolated(
  reason: unknown,
  steps: Steps,
  { shell, printer }: CommandContext,
  signal: AbortSignal,
): Promise<number> {
  const [first, , ...rest] = WARNING;
  await printer.value({ type: 'not-isolated', reason: describeError(reason) });
  for (const line of ['', first, `   ${describeError(reason)}`, ...rest, '']) await printer.line(line);
  await using stack = new DisposalStack();
  const folder = await mkdtemp(join(tmpdir(), 'bai-'));
  stack.defer('folder', () => rm(folder, { recursive: true, force: true }));
  const hasPython = spawnSync('python3', ['-c', ''], { env: shell.env, cwd: folder }).status === 0;
  const { name, path } = await findExample(hasPython ? ['host/python'] : []);
  const command = hasPython ? ['python3', '-u', path] : [process.execPath, path];
  const exitCode = await steps.show(`running examples/${name}, NOT ISOLATED`, () =>
    runChild(command, folder, steps, signal),
  );
  await steps.total();
  return exitCode;
}

async function runChild(command: readonly string[], cwd: string, steps: Steps, signal: AbortSignal): Promise<number> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd, signal, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  await Promise.all([pass(child.stdout, steps), pass(child.stderr, steps), ended]);
  return child.exitCode ?? EXIT.failed;
}

async function pass(stream: NodeJS.ReadableStream, steps: Steps): Promise<void> {
  stream.setEncoding('utf8');
  for await (const text of stream) await steps.output(String(text));
}
