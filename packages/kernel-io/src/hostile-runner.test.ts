import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { MemoryLogger, nullLogger, poll } from '@bai/core';
import { encodeAttached, encodeRecordMeta } from '@bai/kernel-protocol';
import { describe, expect, it } from 'vitest';
import { openKernelIo } from './index.js';
import { proceed, query, textOf } from './testing/commands.js';
import { ScriptedRunner } from './testing/index.js';

const attaches = (runner: ScriptedRunner) => runner.received.filter(({ opcode }) => opcode === 'bai-attach').length;
const meta = (cursor: number, runId: string) => encodeRecordMeta({ cursor, runId });
const endpoints = ({ input, output }: ScriptedRunner) => ({ input, output });

describe('a runner that does not keep to the protocol', () => {
  const wrong: readonly (readonly [string, readonly (string | Uint8Array)[]])[] = [
    ['one frame', ['stdout']],
    ['no text at all', ['']],
    ['four frames', ['stdout', 'x', meta(1, 'R'), 'y']],
    ['a status that is no map', ['status', 'nonsense']],
    ['a status without a time', ['status', Buffer.from([0x80])]],
    ['an unknown opcode', ['x'.repeat(10_000), 'y']],
    ['an unknown opcode in the log', ['stdin', 'y', meta(20, '')]],
    ['a record without its place', ['stdout', 'x']],
    ['a place that is too short', ['stdout', 'x', 'abc']],
    ['a place that no number holds', ['stdout', 'x', Buffer.alloc(8, 0xff)]],
    ['an attachment that is none', ['bai-attached', 'x']],
    ['a loss of no known size', ['bai-dropped', 'x', meta(1_000, '')]],
    ['completions that nobody asked for', ['completion', '[]']],
    ['an answer with a tag that nobody gave', ['completion', '[]', '99']],
    ['a record of a run that nobody started', ['stdout', 'x', meta(18, 'R')]],
  ];

  it.each(wrong)('is heard no more than needed: %s', async (_, frames) => {
    await using runner = await ScriptedRunner.open();
    await using io = openKernelIo({ ...endpoints(runner), logger: nullLogger });
    await io.execute(query('print:before'));
    await runner.send([...frames]);
    expect(await io.execute(query('print:after'))).toMatchObject({ status: 'finished', console: [{ text: 'after' }] });
  });

  it("is heard no more than needed on upstream's wire either", async () => {
    await using runner = await ScriptedRunner.open({ wire: 'upstream' });
    await using io = openKernelIo({ ...endpoints(runner), logger: nullLogger });
    for (const [, frames] of wrong) {
      if (frames[0] !== 'stdout') await runner.send([...frames]);
    }
    await runner.send(['model-service-status', '{}']);
    expect(await io.execute(query('print:after'))).toMatchObject({ console: [{ text: 'after' }] });
  });

  it('cannot fill our log', async () => {
    await using runner = await ScriptedRunner.open();
    const logger = new MemoryLogger();
    await using io = openKernelIo({ ...endpoints(runner), logger });
    for (let count = 0; count < 100; count += 1) await runner.send(['stdout']);
    await io.execute(query('print:x'));
    expect(logger.lines.filter(({ level }) => level !== 'debug')).toHaveLength(1);
  });

  it.each(['extension', 'upstream'] as const)('ends a run also with a wrong end (%s)', async (wire) => {
    await using runner = await ScriptedRunner.open({ wire });
    await using io = openKernelIo({ ...endpoints(runner), logger: nullLogger });
    runner.on('broken', async (_, { emit, signal }) => {
      await emit('waiting-input', '{');
      await emit('finished', 'not json');
      return await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    expect(await io.execute(query('broken', { runId: 'R' }))).toMatchObject({ status: 'waiting-input', options: {} });
    expect(await io.execute(proceed('R'))).toMatchObject({ status: 'finished', exitCode: null });
  });

  it('is asked again for what is missing', async () => {
    await using runner = await ScriptedRunner.open();
    await using io = openKernelIo({ ...endpoints(runner), logger: nullLogger });
    const first = await io.execute(query('input', { runId: 'R', cursor: 0 }));
    await runner.send(['stdout', 'from nowhere', meta(first.cursor + 5_000, 'R')]);
    await poll('the second attach', { timeoutMs: 5_000, intervalMs: 2 }, () => attaches(runner) === 2 || undefined);
    await runner.emit('stdout', 'really', 'R');
    const second = await io.execute(proceed('R', { cursor: first.cursor, eager: true }));
    expect(second).toMatchObject({ status: 'continued', console: [{ text: 'really' }] });
  });

  it('cannot make us ask for ever', async () => {
    await using runner = await ScriptedRunner.open();
    await using io = openKernelIo({ ...endpoints(runner), logger: nullLogger });
    await io.execute(query('input', { runId: 'R', cursor: 0 }));
    for (let count = 1; count <= 10; count += 1) await runner.send(['stdout', 'x', meta(count * 1_000, 'R')]);
    await io.complete('', {});
    expect(attaches(runner)).toBeLessThanOrEqual(10);
    expect(io.activeRun).toBe('R');
  });

  it('loses its runs when it says that it is another one', async () => {
    await using runner = await ScriptedRunner.open();
    await using io = openKernelIo({ ...endpoints(runner), logger: nullLogger });
    await io.execute(query('input', { runId: 'R', cursor: 0 }));
    const waiting = expect(io.execute(proceed('R'))).rejects.toMatchObject({ code: 'KERNEL_TERMINATED' });
    const other = { epoch: 'another', oldest: 0, end: 0, activeRun: null, queuedRuns: [] };
    await runner.send(['bai-attached', encodeAttached(other)]);
    await waiting;
  });

  it('is cut off when it sends too much at once, and the agent lives', async () => {
    await using runner = await ScriptedRunner.open();
    await using io = openKernelIo({ ...endpoints(runner), logger: nullLogger, limits: { messageBytes: 100_000 } });
    await io.ready({ timeoutMs: 5_000 });
    const code = `print:${'x'.repeat(200_000)}`;
    expect(await io.execute(query(code, { flushTimeoutMs: 200 }))).toMatchObject({ status: 'continued', console: [] });
  });
});

/** A relay in front of one endpoint whose connections can be cut. */
class Relay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.#server = createServer((near) => {
      const far = connectSocket(target, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => undefined).on('close', () => to.destroy());
        from.pipe(to);
      }
    });
  }

  static async open(endpoint: string): Promise<Relay> {
    const relay = new Relay(Number(endpoint.split(':').at(-1)));
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get endpoint(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return `tcp://127.0.0.1:${address.port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('a connection that breaks', () => {
  it('loses nothing of the log', async () => {
    await using runner = await ScriptedRunner.open({ transport: 'tcp' });
    await using relay = await Relay.open(runner.output);
    await using io = openKernelIo({ input: runner.input, output: relay.endpoint, logger: nullLogger });
    let last = await io.execute(query('lines:300:1', { runId: 'R', cursor: 0, eager: true }));
    let text = textOf(last.console);
    for (let call = 1; last.status !== 'finished'; call += 1) {
      if (call % 10 === 0 && call < 40) relay.cut();
      last = await io.execute(proceed('R', { cursor: last.cursor, eager: true }));
      text += textOf(last.console);
    }
    expect(text).toBe(Array.from({ length: 300 }, (_, index) => `line ${index + 1}\n`).join(''));
    expect(attaches(runner)).toBeGreaterThan(1);
    expect(runner.faults).toEqual([]);
  });
});
