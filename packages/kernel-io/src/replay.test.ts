import type { ConsoleItem, ExecutionResult } from '@bai/agent-api';
import { nullLogger } from '@bai/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KernelIo, openKernelIo } from './index.js';
import { answer, proceed, query } from './testing/commands.js';
import { type Program, ScriptedRunner } from './testing/index.js';

/** Small enough that every bound is met all the time. */
const LIMITS = { answerBytes: 24, heldRecords: 6, heldBytes: 200, windowBytes: 300 };

const connect = (runner: ScriptedRunner): KernelIo =>
  openKernelIo({ input: runner.input, output: runner.output, logger: nullLogger, limits: LIMITS });

/** What a program prints: pieces of text cut anywhere, and questions in between. */
type Piece = { readonly stream: 'stdout' | 'stderr'; readonly bytes: Buffer } | 'ask';

const text = fc.stringMatching(/^[a-z€é😀\n]{1,12}$/u);
const chunks = fc
  .tuple(fc.constantFrom('stdout' as const, 'stderr' as const), text, fc.nat({ max: 5 }))
  .map(([stream, whole, place]): Piece[] => {
    const bytes = Buffer.from(whole);
    return [bytes.subarray(0, place), bytes.subarray(place)].map((part) => ({ stream, bytes: part }));
  });
/** Two streams, mixed piece by piece, so that a character of one may be cut by output of the other. */
const pieces = fc
  .array(fc.oneof({ weight: 8, arbitrary: chunks }, fc.constant<Piece[]>(['ask'])), { maxLength: 20 })
  .map((groups) => groups.flat());

/** What the client's side of the world does between two calls. */
const mishap = fc.oneof(
  { weight: 4, arbitrary: fc.constant('none' as const) },
  { weight: 2, arbitrary: fc.constant('answer lost' as const) },
  { weight: 1, arbitrary: fc.constant('agent killed' as const) },
  { weight: 1, arbitrary: fc.constant('call given up' as const) },
);

function programOf(script: readonly Piece[]): Program {
  return async (_, { emit, input, stdout }) => {
    for (const piece of script) {
      if (piece === 'ask') await stdout(`<${await input()}>`);
      else await emit(piece.stream, piece.bytes);
    }
    return 7;
  };
}

const textOn = (stream: 'stdout' | 'stderr', items: readonly ConsoleItem[]) =>
  items.map((item) => (item.type === stream ? item.text : '')).join('');

/** What the client must have read at the end. Its n-th answer is the number n. */
function expectedText(stream: 'stdout' | 'stderr', script: readonly Piece[]): string {
  let asked = 0;
  const parts = script.map((piece) => {
    if (piece !== 'ask') return piece.stream === stream ? piece.bytes : Buffer.alloc(0);
    asked += 1;
    return Buffer.from(stream === 'stdout' ? `<${asked}>` : '');
  });
  // A character that is cut by the program's own answer is damaged by the program itself: not generated.
  return Buffer.concat(parts).toString('utf8');
}

/** A client that keeps a cursor, on an agent that is killed now and then. */
class Client {
  readonly console: ConsoleItem[] = [];
  droppedBytes = 0;
  #cursor = 0;
  #inputs = 0;
  #io: KernelIo;

  constructor(readonly runner: ScriptedRunner) {
    this.#io = connect(runner);
  }

  async run(runId: string, code: string, mishaps: Iterator<string>): Promise<ExecutionResult> {
    this.#cursor = 0;
    this.#inputs = 0;
    let command = query(code, { runId });
    for (;;) {
      const what: string = mishaps.next().value ?? 'none';
      const result = await this.#call({ ...command, cursor: this.#cursor, eager: true, flushTimeoutMs: 200 }, what);
      if (result === undefined) continue;
      this.#cursor = result.cursor;
      this.console.push(...result.console);
      this.droppedBytes += result.droppedBytes;
      if (result.status === 'finished') return result;
      command = proceed(runId);
      if (result.status === 'waiting-input') {
        this.#inputs += 1;
        command = answer(runId, String(this.#inputs));
      }
    }
  }

  /** The answer, or undefined when it didn't reach the client. */
  async #call(command: Parameters<KernelIo['execute']>[0], mishap: string): Promise<ExecutionResult | undefined> {
    if (mishap === 'call given up' && command.mode === 'continue') {
      await this.#io.execute(command, { signal: AbortSignal.timeout(1) }).catch(() => undefined);
      return undefined;
    }
    const result = await this.#io.execute(command);
    if (mishap === 'agent killed' && command.mode !== 'input') {
      await this.#io[Symbol.asyncDispose]();
      this.#io = connect(this.runner);
      return undefined;
    }
    return mishap === 'answer lost' ? undefined : result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#io[Symbol.asyncDispose]();
  }
}

describe('a client with a cursor', () => {
  it('gets every byte once, whatever is lost, given up or killed', async () => {
    const runs = fc.array(pieces, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(runs, fc.array(mishap, { maxLength: 60 }), async (scripts, mishaps) => {
        await using runner = await ScriptedRunner.open();
        await using client = new Client(runner);
        const events = mishaps.values();
        for (const [index, script] of scripts.entries()) {
          runner.on(`script ${index}`, programOf(script));
          client.console.length = 0;
          expect(await client.run(`run ${index}`, `script ${index}`, events)).toMatchObject({ exitCode: 7 });
          for (const stream of ['stdout', 'stderr'] as const) {
            expect(textOn(stream, client.console)).toBe(expectedText(stream, script));
          }
        }
        expect(client.droppedBytes).toBe(0);
        expect(runner.faults).toEqual([]);
        expect(runner.received.filter(({ opcode }) => opcode === 'code')).toHaveLength(scripts.length);
      }),
      { numRuns: 60 },
    );
  });

  it('is told about what a full spool threw away, and gets the rest in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(mishap, { maxLength: 40 }),
        fc.integer({ min: 1, max: 300 }),
        async (mishaps, count) => {
          await using runner = await ScriptedRunner.open({ spoolBytes: 1_000 });
          await using client = new Client(runner);
          await client.run('R', `lines:${count}:0`, mishaps.values());
          const got = textOn('stdout', client.console);
          const numbers = [...got.matchAll(/^line (\d+)$/gm)].map(([, number]) => Number(number));
          expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
          const printed = Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('').length;
          // What was in a lost answer and then thrown away may be counted with more.
          expect(got.length + client.droppedBytes).toBeGreaterThanOrEqual(printed);
          if (!mishaps.includes('agent killed')) expect(got.length + client.droppedBytes).toBe(printed);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('after a restart of the agent', () => {
  it('a client without a cursor gets everything that no client has confirmed', async () => {
    await using runner = await ScriptedRunner.open();
    runner.on('talk', async (_, { stdout, input }) => {
      await stdout('one ');
      await input();
      await stdout('two');
      return 0;
    });
    {
      await using io = connect(runner);
      expect(await io.execute(query('talk', { runId: 'R' }))).toMatchObject({ status: 'waiting-input' });
    }
    await using io = connect(runner);
    expect(await io.execute(proceed('R'))).toMatchObject({ status: 'waiting-input', console: [{ text: 'one ' }] });
    expect(await io.execute(answer('R', ''))).toMatchObject({ status: 'finished', console: [{ text: 'two' }] });
  });

  it('a run that ended meanwhile can be fetched, and does not hold up others for ever', async () => {
    await using runner = await ScriptedRunner.open();
    {
      await using io = connect(runner);
      await io.ready({ timeoutMs: 5_000 });
      await io.execute(query('lines:3:5', { runId: 'R', eager: true }));
    }
    await using io = openKernelIo({ ...endpoints(runner), logger: nullLogger, limits: { abandonedMs: 30 } });
    const other = io.execute(query('print:other'));
    expect(await io.execute(proceed('R', { cursor: 0, flushTimeoutMs: 5_000 }))).toMatchObject({
      status: 'finished',
      console: [{ text: 'line 1\nline 2\nline 3\n' }],
    });
    expect(await other).toMatchObject({ console: [{ text: 'other' }] });
  });

  it('an unknown run is not waited for', async () => {
    await using runner = await ScriptedRunner.open();
    await using io = connect(runner);
    await expect(io.execute(proceed('never'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(io.execute(query('print:x', { runId: 'never', cursor: 12 }))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(runner.received.map(({ opcode }) => opcode)).not.toContain('code');
  });

  it("on upstream's wire the run at work is taken for the one that a client asks for", async () => {
    await using runner = await ScriptedRunner.open({ wire: 'upstream' });
    {
      await using io = connect(runner);
      expect(await io.execute(query('input', { runId: 'R', cursor: 0 }))).toMatchObject({ status: 'waiting-input' });
    }
    await using io = connect(runner);
    expect(await io.execute(answer('R', 'x', { cursor: 44 }))).toMatchObject({
      status: 'finished',
      console: [{ text: 'x' }],
    });
  });

  it("on upstream's wire a run that is not there gives way to the next one", async () => {
    await using runner = await ScriptedRunner.open({ wire: 'upstream' });
    await using io = openKernelIo({ ...endpoints(runner), logger: nullLogger, limits: { abandonedMs: 20 } });
    expect(await io.execute(proceed('gone', { flushTimeoutMs: 5 }))).toMatchObject({ status: 'continued' });
    expect(await io.execute(query('print:next'))).toMatchObject({ console: [{ text: 'next' }] });
  });
});

const endpoints = ({ input, output }: ScriptedRunner) => ({ input, output });
