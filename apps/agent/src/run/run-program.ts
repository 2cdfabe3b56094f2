import type { KernelSession, RunEvent } from '@bai/agent-runtime';
import { abortable, formatSize } from '@bai/core';
import type { Printer } from '../cli/printer.js';
import type { InputLines } from './input-lines.js';
import type { InterruptKeys } from './interrupt-keys.js';

export interface RunProgramOptions {
  readonly session: Pick<KernelSession, 'run'>;
  readonly code: string;
  readonly printer: Printer;
  readonly input: InputLines;
  /** Ends the run at once; its reason is thrown. */
  readonly signal: AbortSignal;
  readonly keys: Pick<InterruptKeys, 'interrupted' | 'press'>;
}

/** Runs code with its output passed on as it comes. @returns the exit code for the shell */
export async function runProgram(options: RunProgramOptions): Promise<number> {
  const { session, code, printer, signal } = options;
  for await (const event of session.run(code, { signal, onInput: (request) => answer(request, options) })) {
    await show(event, printer);
    if (event.type === 'finished') return shellExitCode(event.exitCode);
  }
  return 1;
}

/** As a shell shows it: 128 + n for signal n; a run whose exit code nobody knows has failed. */
export function shellExitCode(exitCode: number | null): number {
  if (exitCode === null) return 1;
  return exitCode < 0 ? 128 - exitCode : exitCode & 0xff;
}

async function show(event: RunEvent, printer: Printer): Promise<void> {
  await printer.value(event);
  switch (event.type) {
    case 'stdout':
      if (!printer.json) await printer.out(event.text);
      return;
    case 'stderr':
    case 'log':
      if (!printer.json) await printer.err(event.text);
      return;
    case 'html':
      return printer.note(`[HTML of ${event.text.length} characters: --json shows it]`);
    case 'media':
      return printer.note(`[${event.mime} of ${event.data.length} characters: --json shows it]`);
    case 'dropped':
      return printer.note(`[${formatSize(event.bytes)} of output were lost: the kernel keeps only the newest part]`);
  }
}

async function answer(request: { readonly isPassword: boolean }, options: RunProgramOptions): Promise<string> {
  const { printer, input, keys, signal } = options;
  await printer.value({ type: 'input-request', isPassword: request.isPassword });
  const line = request.isPassword ? input.nextHidden(() => keys.press()) : input.next();
  const text = await abortable(line, AbortSignal.any([keys.interrupted, signal]));
  // The key that ended a hidden line wasn't shown either.
  if (request.isPassword && input.isTerminal) await printer.note('');
  if (text === undefined) await printer.note('[the input has ended: the program gets an empty line]');
  return text ?? '';
}
