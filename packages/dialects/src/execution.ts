import type { ConsoleItem, ExecuteCommand, ExecutionMode, ExecutionResult } from '@bai/agent-api';
import { InvalidArgumentError } from '@bai/agent-api';
import type { KernelId } from '@bai/core';
import { boolean, describeValue, nullable, text } from './arguments.js';
import type { WireMap, WireValue } from './wire-value.js';

/** Keys of ours in `opts` and in the answer of `execute`. Managers never send them. See docs/rpc.md. */
export const EXTENSION_KEYS = { cursor: 'bai-cursor', eager: 'bai-eager', dropped: 'bai-dropped' } as const;

/** The arguments of `execute` that all generations share. @see spec/02 §5.6 */
export interface ExecuteArguments {
  readonly kernelId: KernelId;
  readonly runId: string | null;
  readonly mode: string;
  readonly code: string | null;
  readonly opts: WireMap | null;
  /** Seconds. */
  readonly flushTimeout: number | null;
}

const MODES: readonly ExecutionMode[] = ['query', 'batch', 'input', 'continue'];

export function toExecuteCommand(call: ExecuteArguments): ExecuteCommand {
  const opts = call.opts ?? {};
  const step = (name: string): string => nullable(text).parse(opts[name] ?? null, `opts.${name}`) ?? '';
  const isBatch = call.mode === 'batch';
  return {
    kernelId: call.kernelId,
    // An empty name can't tell two runs apart: the agent chooses one, as for null.
    runId: call.runId === '' ? null : call.runId,
    // Upstream treats a mode that it doesn't know like 'continue'.
    mode: MODES.find((mode) => mode === call.mode) ?? 'continue',
    code: call.code ?? '',
    batch: {
      clean: isBatch ? step('clean') : '',
      build: isBatch ? step('build') : '',
      exec: isBatch ? step('exec') : '',
    },
    flushTimeoutMs: call.flushTimeout === null ? null : Math.max(0, Math.round(call.flushTimeout * 1000)),
    cursor: toCursor(opts[EXTENSION_KEYS.cursor] ?? null),
    eager: nullable(boolean).parse(opts[EXTENSION_KEYS.eager] ?? null, `opts.${EXTENSION_KEYS.eager}`) ?? false,
  };
}

function toCursor(value: WireValue): number | null {
  if (value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return value;
  throw new InvalidArgumentError(
    `opts.${EXTENSION_KEYS.cursor}`,
    `must be an integer from 0, got ${describeValue(value)}`,
  );
}

/** The answer for a client of this API version; our own keys only for callers that used one of them. */
export function fromExecutionResult(result: ExecutionResult, apiVersion: number, opts: WireMap | null): object {
  const extended =
    opts !== null && (Object.hasOwn(opts, EXTENSION_KEYS.cursor) || Object.hasOwn(opts, EXTENSION_KEYS.eager));
  return {
    runId: result.runId,
    status: result.status,
    exitCode: result.exitCode,
    options: result.options,
    ...(apiVersion < 2 ? separateStreams(result.console) : { console: result.console.map(toConsolePair) }),
    files: [],
    ...(extended ? { [EXTENSION_KEYS.cursor]: result.cursor, [EXTENSION_KEYS.dropped]: result.droppedBytes } : {}),
  };
}

function toConsolePair(item: ConsoleItem): readonly WireValue[] {
  return item.type === 'media' ? ['media', [item.mime, item.data]] : [item.type, item.text];
}

/** API version 1 has one text per stream, and neither `log` nor `completion`. */
function separateStreams(console: readonly ConsoleItem[]): object {
  const texts = (type: ConsoleItem['type']): string[] =>
    console.flatMap((item) => (item.type === type && item.type !== 'media' ? [item.text] : []));
  return {
    stdout: texts('stdout').join(''),
    stderr: texts('stderr').join(''),
    media: console.flatMap((item) => (item.type === 'media' ? [[item.mime, item.data]] : [])),
    html: texts('html'),
  };
}
