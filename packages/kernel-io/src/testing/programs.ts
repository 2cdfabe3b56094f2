import { setTimeout as delay } from 'node:timers/promises';
import type { LogOpcode } from '@bai/kernel-protocol';

/** What a scripted program can do while it runs. */
export interface ScriptContext {
  readonly runId: string;
  /** Which message started it. */
  readonly step: 'code' | 'clean' | 'build' | 'exec';
  /** Aborts when the agent interrupts. */
  readonly signal: AbortSignal;
  /** Adds a record. On upstream's wire it resolves when the socket has taken it: a program stalls while nobody reads. */
  emit(opcode: LogOpcode | (string & {}), payload: Uint8Array | string): Promise<void>;
  stdout(data: Uint8Array | string): Promise<void>;
  stderr(data: Uint8Array | string): Promise<void>;
  /** Emits `waiting-input` and waits for the answer. Rejects when it's interrupted. */
  input(options?: { readonly isPassword?: boolean }): Promise<string>;
}

/** Returns the exit code; null sends a `finished` without one. A rejection after an interrupt becomes what Python prints. */
export type Program = (code: string, context: ScriptContext) => Promise<number | null>;

type Pattern = readonly [RegExp, (match: RegExpExecArray) => Program];

const PATTERNS: readonly Pattern[] = [
  [/^print:(.*)$/s, ([, text = '']) => printing(text)],
  [
    /^exit:(-?\d+)$/,
    ([, code]) =>
      async () =>
        Number(code),
  ],
  [/^input$/, () => echoInput],
  [
    /^sleep$/,
    () =>
      (_, { signal }) =>
        untilInterrupted(signal),
  ],
  [/^lines:(\d+):(\d+)$/, ([, count, ms]) => numberedLines(Number(count), Number(ms))],
];

/**
 * What runs when nothing else was programmed: `print:TEXT` prints TEXT, `exit:N` ends with N, `input` echoes one answer, `sleep` runs until
 * it's interrupted, `lines:N:MS` prints N numbered lines, one every MS milliseconds. Anything else, also empty text, ends with 0.
 */
export const defaultProgram: Program = async (code, context) => {
  for (const [pattern, program] of PATTERNS) {
    const match = pattern.exec(code);
    if (match !== null) return await program(match)(code, context);
  }
  return 0;
};

const printing =
  (text: string): Program =>
  async (_, { stdout }) => {
    await stdout(text);
    return 0;
  };

const echoInput: Program = async (_, { input, stdout }) => {
  await stdout(await input());
  return 0;
};

function numberedLines(count: number, intervalMs: number): Program {
  return async (_, { stdout, signal }) => {
    for (let line = 1; line <= count; line += 1) {
      if (intervalMs > 0) await delay(intervalMs, undefined, { signal });
      signal.throwIfAborted();
      await stdout(`line ${line}\n`);
    }
    return 0;
  };
}

function untilInterrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
