import { readFileSync } from 'node:fs';
import type { ConsoleItem, ExecutionResult } from '@bai/agent-api';
import { nullLogger, poll } from '@bai/core';
import { describe, expect, it } from 'vitest';
import { Pull, Push } from 'zeromq';
import { type KernelIo, openKernelIo } from './index.js';
import { answer, batch, proceed, query } from './testing/commands.js';

interface Step {
  readonly dir?: 'agent->runner' | 'runner->agent';
  readonly opcode?: string;
  readonly frames_hex?: readonly string[];
  readonly payload_utf8?: string;
}
interface Vector {
  readonly name: string;
  readonly sequence: readonly Step[];
  readonly expected_agent_results?: readonly Readonly<Record<string, unknown>>[];
}

const file = new URL('../vectors/kernel-runner.json', import.meta.url);
const recorded: { readonly vectors: readonly Vector[]; readonly reasoned_vectors: readonly Vector[] } = JSON.parse(
  readFileSync(file, 'utf8'),
);
const VECTORS = [...recorded.vectors, ...recorded.reasoned_vectors];

function vector(name: string): Vector {
  const found = VECTORS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
}

const framesOf = (step: Step): Buffer[] =>
  step.frames_hex?.map((hex) => Buffer.from(hex, 'hex')) ?? [
    Buffer.from(step.opcode ?? ''),
    Buffer.from(step.payload_utf8 ?? ''),
  ];

/** Plays the runner's part: waits for exactly the messages that were recorded, and answers with those that were. */
class Player implements AsyncDisposable {
  readonly #pull = new Pull({ linger: 0 });
  readonly #push = new Push({ linger: 0 });
  readonly #status = vector('status').sequence.map(framesOf)[1] ?? [];

  static async open(): Promise<Player> {
    const player = new Player();
    await player.#pull.bind('tcp://127.0.0.1:0');
    await player.#push.bind('tcp://127.0.0.1:0');
    return player;
  }

  connect(): KernelIo {
    return openKernelIo({
      input: this.#pull.lastEndpoint ?? '',
      output: this.#push.lastEndpoint ?? '',
      logger: nullLogger,
      limits: { completionMs: 200 },
    });
  }

  async play(sequence: readonly Step[]): Promise<void> {
    for (const step of sequence) {
      if (step.dir === 'agent->runner') expect((await this.#next()).map(String)).toEqual(framesOf(step).map(String));
      if (step.dir === 'runner->agent') await this.#push.send(framesOf(step));
    }
  }

  /** The next message but `status`, which is answered at any time. */
  async #next(): Promise<Buffer[]> {
    for (;;) {
      const frames = await this.#pull.receive();
      if (String(frames[0]) !== 'status') return frames;
      await this.#push.send(this.#status);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pull.close();
    this.#push.close();
  }
}

/** Calls as a client does until the run ends, or asks for what nobody answers. */
async function drive(io: KernelIo, { sequence }: Vector, patient = true): Promise<ExecutionResult[]> {
  const texts = (opcode: string) =>
    sequence.filter((step) => step.opcode === opcode).map((step) => step.payload_utf8 ?? '');
  const [code] = texts('code');
  const options = { runId: 'R', flushTimeoutMs: patient ? null : 100 };
  const [clean = '', build = '', exec = ''] = ['clean', 'build', 'exec'].map((opcode) => texts(opcode)[0]);
  const first = code === undefined ? batch(clean, build, exec, options) : query(code, options);
  const pending = io.execute(first);
  if (texts('interrupt').length > 0) {
    await poll('the run', { timeoutMs: 5_000, intervalMs: 2 }, () => io.activeRun ?? undefined);
    await io.interrupt();
  }
  const results = [await pending];
  for (let last = results[0]; last !== undefined && last.status !== 'finished'; last = results.at(-1)) {
    if (last.status === 'continued' && last.console.length === 0) break;
    const [input = ''] = texts('input');
    results.push(
      await io.execute(last.status === 'waiting-input' ? answer('R', input, options) : proceed('R', options)),
    );
  }
  return results;
}

const item = (entry: ConsoleItem) =>
  entry.type === 'media' ? ['media', [entry.mime, entry.data]] : [entry.type, entry.text];

const summary = (result: ExecutionResult) => ({
  runId: result.runId,
  status: result.status,
  exitCode: result.exitCode,
  options: result.options,
  console: result.console.map(item),
});

/** What the recorded messages must become, for vectors that don't say it. */
function resultsOf(sequence: readonly Step[]) {
  const results: unknown[] = [];
  let console: unknown[] = [];
  for (const { dir, opcode = '', payload_utf8: payload = '' } of sequence) {
    if (dir !== 'runner->agent') continue;
    if (opcode.endsWith('finished')) {
      const exitCode: unknown = JSON.parse(payload).exitCode ?? null;
      results.push({ runId: 'R', status: opcode, exitCode, options: null, console });
      console = [];
      if (opcode === 'finished') break;
    } else if (opcode === 'media') {
      const media = payload.startsWith('{') ? JSON.parse(payload) : undefined;
      console.push(media === undefined ? ['html', payload] : ['media', [media.type, media.data]]);
    } else console.push([opcode, payload]);
  }
  return results;
}

/** The agent always sends all three steps: those that a vector leaves out are empty, and skipped by the runner. */
function wholeBatch(sequence: readonly Step[]): readonly Step[] {
  const sends = (opcode: string) => sequence.some((step) => step.dir === 'agent->runner' && step.opcode === opcode);
  if (sends('code')) return sequence;
  const steps = ['clean', 'build', 'exec'];
  const asked = steps.map(
    (opcode) => sequence.find((step) => step.opcode === opcode) ?? { dir: 'agent->runner' as const, opcode },
  );
  const skipped = (opcode: string) =>
    sends(opcode)
      ? []
      : [
          {
            dir: 'runner->agent' as const,
            opcode: opcode === 'exec' ? 'finished' : `${opcode}-finished`,
            payload_utf8: '{"exitCode": 0}',
          },
        ];
  const rest = sequence.filter((step) => !steps.includes(step.opcode ?? ''));
  return [...asked, ...skipped('clean'), ...skipped('build'), ...rest, ...skipped('exec')];
}

describe('recorded sequences of upstream runners', () => {
  it.each([
    'query-print',
    'query-expression',
    'query-error',
    'query-error-g2',
    'query-media',
    'batch-build-exec',
    'batch-build-exec-g2',
    'batch-build-failure',
    'batch-default-commands-and-input',
    'query-input',
    'interrupt',
    'exec-command-not-found',
    'exec-killed-by-signal',
    'query-without-jupyter',
    'query-without-jupyter-g2',
    'build-default-log-g2',
    'tty-resize',
    'tty-ping',
    'tty-resize-g1',
    'tty-ping-g1',
  ])('%s', async (name) => {
    await using player = await Player.open();
    await using io = player.connect();
    const { sequence, expected_agent_results: expected } = vector(name);
    const whole = wholeBatch(sequence);
    const played = player.play(whole);
    const results = await drive(io, { name, sequence });
    await played;
    expect(results.map(summary)).toEqual(expected ?? resultsOf(whole));
  });

  it('query-input-g2-hangs: an answer that the runner never reads ends with the flush time', async () => {
    await using player = await Player.open();
    await using io = player.connect();
    const recordedHang = vector('query-input-g2-hangs');
    const played = player.play(recordedHang.sequence);
    const results = await drive(io, recordedHang, false);
    await played;
    expect(results.map(({ status }) => status)).toEqual(['waiting-input', 'continued']);
  });

  it('status', async () => {
    await using player = await Player.open();
    await using io = player.connect();
    const played = player.play([{ dir: 'agent->runner', opcode: 'interrupt' }]);
    expect(await io.ready({ timeoutMs: 5_000 })).toMatchObject({ extension: 0 });
    await io.interrupt();
    await played;
  });

  it.each(['completion', 'completion-g2-no-reply'])('%s', async (name) => {
    await using player = await Player.open();
    await using io = player.connect();
    const played = player.play(vector(name).sequence);
    expect(await io.complete('imp', { row: 0, col: 3, line: 'imp', post: '' })).toEqual([]);
    await played;
  });
});
