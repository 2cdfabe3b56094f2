import { BaiError, describeError, errorCode } from '@bai/core';
import { BrokenPipe, EXIT, Interrupted, UsageError } from './endings.js';
import type { Printer } from './printer.js';

/** What to do next, where the message of an error can't know it. */
const HINTS: Readonly<Record<string, string>> = {
  RPC_UNREACHABLE: "Start an agent with 'bai-agent start', or name the address of one with --addr HOST:PORT.",
  RPC_CONNECTION_LOST: "See with 'bai-agent ping' whether the agent is back.",
  RUNTIME_UNAVAILABLE: "'bai-agent quickstart' still shows its example, without isolation.",
  CLI_USAGE: "'bai-agent --help' shows how to use it.",
};

/** Errors whose message says all there is to know: their causes would only repeat it. */
const COMPLETE = new Set(['RPC_UNREACHABLE', 'RPC_ADDRESS_IN_USE']);

/**
 * Tells of an error in a sentence and what to do; with `debug`, also where it came from.
 * @returns the exit code
 */
export async function reportFailure(error: unknown, printer: Printer, debug: boolean): Promise<number> {
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof BrokenPipe || printer.gone.aborted) return EXIT.brokenPipe;
  const code = errorCode(error) ?? 'UNEXPECTED';
  const message = sentenceOf(error, code);
  const stack = debug && error instanceof Error ? error.stack : undefined;
  await printer.value({ type: 'error', code, message, details: error instanceof BaiError ? error.details : {}, stack });
  await printer.note(`bai-agent: ${message}`);
  const hint = HINTS[code];
  if (hint !== undefined) await printer.note(hint);
  if (stack !== undefined) await printer.note(stack);
  else if (!(error instanceof BaiError)) await printer.note('This was not expected: --debug shows where it came from.');
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

/** The message, and those of its causes that it doesn't quote. */
function sentenceOf(error: unknown, code: string): string {
  if (!(error instanceof Error)) return describeError(error);
  const { message, cause } = error;
  if (cause === undefined || COMPLETE.has(code)) return message;
  const deeper = sentenceOf(cause, '');
  return message.includes(deeper) ? message : `${message}: ${deeper}`;
}
