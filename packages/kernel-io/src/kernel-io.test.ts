import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentError } from '@bai/agent-api';
import { DisposalStack, MemoryLogger, nullLogger, poll } from '@bai/core';
import { describe, expect, it } from 'vitest';
import { type KernelIo, type KernelIoOptions, openKernelIo } from './index.js';
import { answer, batch, proceed, query, textOf } from './testing/commands.js';
import { ScriptedRunner, type ScriptedRunnerOptions } from './testing/index.js';

type Options = Omit<KernelIoOptions, 'input' | 'output' | 'logger'>;

function connect(runner: ScriptedRunner, options: Options = {}): KernelIo {
  return openKernelIo({ input: runner.input, output: runner.output, logger: nullLogger, ...options });
}

const until = (what: string, condition: () => boolean) =>
  poll(what, { timeoutMs: 5_000, intervalMs: 2 }, () => (condition() ? true : undefined));

const sent = (runner: ScriptedRunner, opcode: string) =>
  runner.received.filter((message) => message.opcode === opcode).map((message) => message.payload);

/** Resolves once runs can start. The answer comes behind that to the attach. */
const settled = (io: KernelIo) => io.complete('', {});

/** A client that starts a run and vanishes. */
async function startAndLeave(io: KernelIo, command: Parameters<KernelIo['execute']>[0]): Promise<void> {
  const stop = new AbortController();
  const gone = io.execute(command, { signal: stop.signal });
  await until('the run', () => io.activeRun !== null);
  stop.abort(new Error('client gone'));
  await expect(gone).rejects.toThrow('client gone');
}

describe.each(['extension', 'upstream'] as const)("runs on the runner's wire: %s", (wire) => {
  const open = (options: ScriptedRunnerOptions = {}) => ScriptedRunner.open({ wire, ...options });

  it('are given an id of 32 hex digits when they have none', async () => {
    await using runner = await open();
    await using io = connect(runner);
    const result = await io.execute(query('print:hello'));
    expect(result).toMatchObject({ status: 'finished', exitCode: 0, console: [{ type: 'stdout', text: 'hello' }] });
    expect(result.runId).toMatch(/^[0-9a-f]{32}$/);
    expect(runner.faults).toEqual([]);
  });

  it('end with the exit code of the program, or with none', async () => {
    await using runner = await open();
    await using io = connect(runner);
    expect(await io.execute(query('exit:-9'))).toMatchObject({ status: 'finished', exitCode: -9 });
    runner.on('tty', async () => null);
    expect(await io.execute(query('tty'))).toMatchObject({ status: 'finished', exitCode: null });
  });

  it('are answered with continued when the flush time is over, and go on', async () => {
    await using runner = await open();
    await using io = connect(runner);
    await settled(io);
    const first = await io.execute(query('sleep', { runId: 'R', flushTimeoutMs: 10 }));
    expect(first).toMatchObject({ runId: 'R', status: 'continued', exitCode: null, options: null });
    expect(io.activeRun).toBe('R');
    await io.interrupt();
    const second = await io.execute(proceed('R'));
    expect(second).toMatchObject({ status: 'finished', exitCode: 1, console: [{ text: 'KeyboardInterrupt\n' }] });
    expect(io.activeRun).toBeNull();
  });

  it('answer eager calls as soon as there is output', async () => {
    await using runner = await open();
    await using io = connect(runner);
    runner.on('talk', async (_, { stdout, signal }) => {
      await stdout('hello');
      return await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const result = await io.execute(query('talk', { eager: true }));
    expect(result).toMatchObject({ status: 'continued', console: [{ text: 'hello' }] });
  });

  it('ask for input, take it, and keep their state over all steps of a batch', async () => {
    await using runner = await open();
    await using io = connect(runner);
    const first = await io.execute(batch('print:c', 'print:b', 'input', { runId: 'R' }));
    expect(first).toMatchObject({ status: 'clean-finished', exitCode: 0, console: [{ text: 'c' }] });
    expect(await io.execute(proceed('R'))).toMatchObject({ status: 'build-finished', console: [{ text: 'b' }] });
    expect(await io.execute(proceed('R'))).toMatchObject({ status: 'waiting-input', exitCode: null, options: {} });
    expect(await io.execute(answer('R', 'Zoë'))).toMatchObject({ status: 'finished', console: [{ text: 'Zoë' }] });
  });

  it('wait for each other in order of arrival', async () => {
    await using runner = await open();
    await using io = connect(runner);
    const blocked = await io.execute(query('input', { runId: 'A' }));
    expect(blocked.options).toEqual({ is_password: false });
    const [b, c] = [io.execute(query('print:b')), io.execute(query('print:c'))];
    expect(await io.execute(answer('A', 'x'))).toMatchObject({ status: 'finished' });
    expect([textOf((await b).console), textOf((await c).console)]).toEqual(['b', 'c']);
    expect(sent(runner, 'code')).toEqual(['input', 'print:b', 'print:c']);
  });

  it('that wait for their turn answer in time, and keep their place', async () => {
    await using runner = await open();
    await using io = connect(runner);
    await io.execute(query('input', { runId: 'A' }));
    expect(await io.execute(query('print:b', { runId: 'B', flushTimeoutMs: 5 }))).toMatchObject({
      status: 'continued',
      console: [],
    });
    const b = io.execute(proceed('B'));
    await io.execute(answer('A', ''));
    expect(await b).toMatchObject({ status: 'finished', console: [{ text: 'b' }] });
  });

  it('that nobody waits for any more before they started are not started', async () => {
    await using runner = await open();
    await using io = connect(runner);
    await io.execute(query('input', { runId: 'A' }));
    const stop = new AbortController();
    const b = io.execute(query('print:b'), { signal: stop.signal });
    stop.abort(new Error('no longer'));
    await expect(b).rejects.toThrow('no longer');
    await io.execute(answer('A', ''));
    await io.execute(query('print:c'));
    expect(sent(runner, 'code')).toEqual(['input', 'print:c']);
  });

  it('go on when the call that waits for them is given up', async () => {
    await using runner = await open();
    await using io = connect(runner);
    const stop = new AbortController();
    const call = io.execute(query('input', { runId: 'A', eager: false }), { signal: stop.signal });
    await call;
    const waiting = io.execute(proceed('A'), { signal: stop.signal });
    stop.abort(new Error('client gone'));
    await expect(waiting).rejects.toThrow('client gone');
    expect(await io.execute(answer('A', 'still there'))).toMatchObject({ console: [{ text: 'still there' }] });
  });

  it('send more code when their id is used again without a cursor', async () => {
    await using runner = await open();
    await using io = connect(runner);
    await io.execute(query('input', { runId: 'A' }));
    const again = io.execute(query('print:more', { runId: 'A' }));
    await until('the second code', () => sent(runner, 'code').length === 2);
    await io.execute(answer('A', '')).catch(() => undefined);
    expect(await again).toMatchObject({ status: 'finished' });
  });

  it('give their end again to a client that lost the answer', async () => {
    await using runner = await open();
    await using io = connect(runner);
    const first = await io.execute(query('print:once', { runId: 'A', cursor: 0 }));
    expect(await io.execute(query('print:once', { runId: 'A', cursor: 0 }))).toEqual(first);
    expect(await io.execute(proceed('A', { cursor: first.cursor }))).toMatchObject({ status: 'finished', console: [] });
    expect(sent(runner, 'code')).toHaveLength(1);
    expect(await io.execute(query('print:once', { runId: 'A' }))).toMatchObject({ console: first.console });
    expect(sent(runner, 'code')).toHaveLength(2);
  });

  it('give the same input once, however often it is sent with the same cursor', async () => {
    await using runner = await open();
    await using io = connect(runner);
    const { cursor } = await io.execute(query('input', { runId: 'A', cursor: 0 }));
    const [first, second] = [0, 1].map(() => io.execute(answer('A', 'x', { cursor })));
    expect(await first).toMatchObject({ status: 'finished', console: [{ text: 'x' }] });
    expect(await second).toEqual(await first);
    expect(sent(runner, 'input')).toEqual(['x']);
  });

  it('are not shown what belongs to none of them', async () => {
    await using runner = await open();
    await using io = connect(runner);
    await io.execute(query('print:a'));
    await runner.emit('stdout', 'late', '');
    await runner.emit('html', 'later', '');
    await settled(io); // what came before the answer has arrived, too
    expect(await io.execute(query('print:b'))).toMatchObject({ console: [{ text: 'b' }] });
  });

  it('take no more than an answer holds, and the rest with the next', async () => {
    await using runner = await open();
    await using io = connect(runner, { limits: { answerBytes: 30 } });
    let last = await io.execute(query('lines:50:0', { runId: 'A', cursor: 0 }));
    let text = textOf(last.console);
    while (last.status !== 'finished') {
      expect(last.console.length).toBeLessThanOrEqual(1);
      last = await io.execute(proceed('A', { cursor: last.cursor }));
      text += textOf(last.console);
    }
    expect(text.split('\n')).toHaveLength(51);
  });

  it('are cut to the size of a record', async () => {
    await using runner = await open();
    await using io = connect(runner, { limits: { recordBytes: 4 } });
    expect(await io.execute(query('print:123456'))).toMatchObject({ console: [{ text: '1234' }], droppedBytes: 2 });
  });

  it('press back when their output is not fetched, and lose nothing', async () => {
    await using runner = await open();
    await using io = connect(runner, { limits: { heldRecords: 10, windowBytes: 2_000 } });
    let last = await io.execute(query('lines:5000:0', { runId: 'A', cursor: 0, flushTimeoutMs: 1 }));
    let text = textOf(last.console);
    while (last.status !== 'finished') {
      last = await io.execute(proceed('A', { cursor: last.cursor }));
      expect(last.droppedBytes).toBe(0);
      text += textOf(last.console);
    }
    expect(text).toBe(Array.from({ length: 5000 }, (_, index) => `line ${index + 1}\n`).join(''));
    expect(runner.faults).toEqual([]);
  });

  if (wire === 'upstream') {
    it('give way when their client is gone and others wait', async () => {
      await using runner = await open();
      const logger = new MemoryLogger();
      await using io = openKernelIo({
        input: runner.input,
        output: runner.output,
        logger,
        limits: { abandonedMs: 20 },
      });
      await startAndLeave(io, query('lines:3:1', { runId: 'A' }));
      expect(await io.execute(query('print:b'))).toMatchObject({ console: [{ text: 'b' }] });
      expect(logger.lines).toContainEqual(expect.objectContaining({ message: expect.stringContaining('gave way') }));
    });
  } else {
    it('that have ended are not in the way of others, and their end waits for their client', async () => {
      await using runner = await open();
      await using io = connect(runner, { limits: { abandonedMs: 600_000 } });
      await startAndLeave(io, query('lines:3:1', { runId: 'A' }));
      expect(await io.execute(query('print:b'))).toMatchObject({ console: [{ text: 'b' }] });
      expect(await io.execute(proceed('A'))).toMatchObject({ status: 'finished', exitCode: 0 });
    });
  }

  it('give way also when they fill the memory and never end', async () => {
    await using runner = await open();
    const logger = new MemoryLogger();
    const limits = { abandonedMs: 20, heldRecords: 10, windowBytes: 500 };
    await using io = openKernelIo({ input: runner.input, output: runner.output, logger, limits });
    runner.on('flood', async (_, { stdout, input }) => {
      for (let line = 0; line < 3_000; line += 1) await stdout('x'.repeat(20));
      return Number(await input());
    });
    await startAndLeave(io, query('flood', { runId: 'A', cursor: 0 }));
    const other = io.execute(query('print:b'));
    await until('the first run to give way', () => logger.lines.some(({ message }) => message.includes('gave way')));
    let last = await io.execute(proceed('A', { cursor: 0 }));
    let bytes = last.droppedBytes + textOf(last.console).length;
    while (last.status === 'continued') {
      last = await io.execute(proceed('A', { cursor: last.cursor }));
      bytes += last.droppedBytes + textOf(last.console).length;
    }
    expect(bytes).toBe(60_000);
    expect(await io.execute(answer('A', '3'))).toMatchObject({ status: 'finished', exitCode: 3 });
    expect(await other).toMatchObject({ console: [{ text: 'b' }] });
  });

  it('are forgotten after a while when nobody fetches their end', async () => {
    await using runner = await open();
    const logger = new MemoryLogger();
    await using io = openKernelIo({ input: runner.input, output: runner.output, logger, limits: { lingerMs: 20 } });
    await startAndLeave(io, query('lines:2:15', { runId: 'A' }));
    await until('the end', () => logger.lines.some(({ message }) => message.includes('nobody fetched')));
    const after = io.execute(query('', { runId: 'A', cursor: 1, flushTimeoutMs: 5 }));
    // Upstream's runners don't say what they know: the run might still be at work there.
    if (wire === 'upstream') expect(await after).toMatchObject({ status: 'continued', console: [] });
    else await expect(after).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('are bounded in number', async () => {
    await using runner = await open();
    await using io = connect(runner, { limits: { runs: 2 } });
    await io.execute(query('input'));
    const waiting = io.execute(query('print:b'));
    await expect(io.execute(query('print:c'))).rejects.toMatchObject({ code: 'BUSY' });
    io.fail(new Error('over'));
    await expect(waiting).rejects.toThrow('over');
  });

  it('reject ids that cannot be', async () => {
    await using runner = await open();
    await using io = connect(runner);
    await expect(io.execute(query('', { runId: '' }))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(io.execute(query('', { runId: 'x'.repeat(2000) }))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('all end when the kernel ends', async () => {
    await using runner = await open();
    await using io = connect(runner);
    await settled(io);
    await io.execute(query('sleep', { runId: 'A', flushTimeoutMs: 1 }));
    const waiting = [io.execute(proceed('A')), io.execute(query('print:b')), io.complete('x', {})];
    const reason = new AgentError('KERNEL_TERMINATED', 'it ended');
    io.fail(reason);
    const results = await Promise.allSettled(waiting.slice(0, 2));
    expect(results).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
    await expect(io.execute(query('print:c'))).rejects.toBe(reason);
    await expect(io.ready({ timeoutMs: 1_000 })).rejects.toBe(reason);
    await expect(io.interrupt()).rejects.toBe(reason);
    await expect(waiting[2]).rejects.toBe(reason);
  });

  it('take input only while they run', async () => {
    await using runner = await open();
    await using io = connect(runner);
    await io.execute(query('print:a', { runId: 'A' }));
    await expect(io.execute(answer('A', 'x'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await io.execute(query('input', { runId: 'B' }));
    await expect(io.execute(answer('C', 'x'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(sent(runner, 'input')).toEqual([]);
  });
});

describe('the connection', () => {
  it('waits for a runner that is not ready yet', async () => {
    await using runner = await ScriptedRunner.open({ ready: false });
    await using io = connect(runner);
    await expect(io.ready({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const early = io.execute(query('print:early'));
    expect(await io.execute(query('print:second', { flushTimeoutMs: 5 }))).toMatchObject({ status: 'continued' });
    runner.becomeReady();
    expect(await io.ready({ timeoutMs: 5_000 })).toMatchObject({ extension: 1 });
    expect(await early).toMatchObject({ console: [{ text: 'early' }] });
  });

  it('asks for the status again and again', async () => {
    await using runner = await ScriptedRunner.open({ transport: 'tcp' });
    await using io = connect(runner, { keepaliveMs: 5 });
    await io.ready({ timeoutMs: 5_000 });
    await until('the third status', () => sent(runner, 'status').length >= 3);
  });

  it('sends upstream runners two frames, and ours the id of the run or a tag', async () => {
    for (const wire of ['upstream', 'extension'] as const) {
      await using runner = await ScriptedRunner.open({ wire, suggestions: ['import'] });
      await using io = connect(runner);
      await io.execute(query('print:a', { runId: 'A' }));
      expect(await io.complete('imp', { row: 0 })).toEqual(['import']);
      const extras = runner.received
        .filter(({ opcode }) => opcode === 'code' || opcode === 'complete')
        .map(({ extra }) => extra);
      expect(extras).toEqual(wire === 'upstream' ? [undefined, undefined] : ['A', '1']);
      expect(sent(runner, 'complete')).toEqual(['{"code": "imp", "row": 0}']);
    }
  });

  it('answers with no suggestions when the runner has none in time', async () => {
    await using runner = await ScriptedRunner.open({ wire: 'upstream', suggestions: null });
    await using io = connect(runner, { limits: { completionMs: 20 } });
    expect(await Promise.all([io.complete('a', {}), io.complete('b', {})])).toEqual([[], []]);
  });

  it('releases the log once a client has confirmed it', async () => {
    await using runner = await ScriptedRunner.open();
    await using io = connect(runner);
    const { cursor } = await io.execute(query('print:a', { runId: 'A', cursor: 0 }));
    expect(runner.unreleasedBytes).toBeGreaterThan(0);
    await io.execute(proceed('A', { cursor }));
    await until('the release', () => runner.unreleasedBytes === 0);
    expect(runner.faults).toEqual([]);
  });

  it('notices that the runner was replaced by another one', async () => {
    const logger = new MemoryLogger();
    const directory = await mkdtemp(join(tmpdir(), 'bai-kernel-io-'));
    await using folder = new DisposalStack();
    folder.defer('folder', () => rm(directory, { recursive: true }));
    const first = await ScriptedRunner.open({ directory });
    await using io = openKernelIo({ input: first.input, output: first.output, logger, keepaliveMs: 20 });
    const lost = io.execute(query('sleep', { runId: 'A' }));
    await until('the run', () => io.activeRun === 'A');
    const failure = expect(lost).rejects.toMatchObject({ code: 'KERNEL_TERMINATED' });
    await first[Symbol.asyncDispose]();
    await using _second = await ScriptedRunner.open({ directory, wire: 'upstream' });
    await failure;
    expect(await io.execute(query('print:new'))).toMatchObject({ console: [{ text: 'new' }] });
  });
});
