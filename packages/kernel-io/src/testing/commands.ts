import type { ConsoleItem, ExecuteCommand } from '@bai/agent-api';

type Command = Omit<ExecuteCommand, 'kernelId'>;

const BASE = {
  runId: null,
  code: '',
  batch: { clean: '', build: '', exec: '' },
  flushTimeoutMs: null,
  cursor: null,
  eager: false,
} as const;

/** Starts code; waits for its end unless told otherwise. */
export const query = (code: string, options: Partial<Command> = {}): Command => ({
  ...BASE,
  mode: 'query',
  code,
  ...options,
});

export const proceed = (runId: string, options: Partial<Command> = {}): Command => ({
  ...BASE,
  mode: 'continue',
  runId,
  ...options,
});

export const answer = (runId: string, code: string, options: Partial<Command> = {}): Command => ({
  ...BASE,
  mode: 'input',
  runId,
  code,
  ...options,
});

export const batch = (clean: string, build: string, exec: string, options: Partial<Command> = {}): Command => ({
  ...BASE,
  mode: 'batch',
  batch: { clean, build, exec },
  ...options,
});

/** The stdout of a console. */
export const textOf = (console: readonly ConsoleItem[]): string =>
  console.map((item) => (item.type === 'stdout' ? item.text : '')).join('');
