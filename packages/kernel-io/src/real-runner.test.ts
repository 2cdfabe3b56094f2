import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nullLogger } from '@bai/core';
import { IN_SOCKET, OUT_SOCKET, toRunnerArguments } from '@bai/kernel-protocol';
import { describe, expect, it } from 'vitest';
import { type KernelIo, openKernelIo } from './index.js';
import { answer, batch, proceed, query, textOf } from './testing/commands.js';

/** Built by its own package, beside this one in the repository. */
const SCRIPT = fileURLToPath(new URL('../../kernel-runner/dist/bundle/runner.cjs', import.meta.url));
const isBuilt = existsSync(SCRIPT);
const hasPython = spawnSync('python3', ['-c', ''], { stdio: 'ignore' }).status === 0;

if (!isBuilt) process.stderr.write("skipped: the kernel runner is not built; run 'pnpm build' first\n");
else if (!hasPython) process.stderr.write('skipped: there is no python3\n');

/** The program that is delivered into kernels, on this machine. */
class RealRunner implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, directory: string) {
    this.#child = child;
    this.#directory = directory;
  }

  static async start(spoolBytes = 8 * 1024 * 1024): Promise<RealRunner> {
    const directory = await mkdtemp(join(tmpdir(), 'bai-kio-'));
    const args = toRunnerArguments({
      listen: { kind: 'unix', directory },
      runtimeType: 'python',
      runtimePath: 'python3',
      spoolFile: join(directory, 'spool'),
      spoolBytes,
      readyFd: undefined,
    });
    const env = { PATH: process.env['PATH'] ?? '', HOME: directory, BAI_WORK_DIR: directory, BAI_DRIVER: 'builtin' };
    const child = spawn(process.execPath, [SCRIPT, ...args], { cwd: directory, env, stdio: 'ignore' });
    return new RealRunner(child, directory);
  }

  connect(): KernelIo {
    return openKernelIo({
      input: `ipc://${this.#directory}/${IN_SOCKET}`,
      output: `ipc://${this.#directory}/${OUT_SOCKET}`,
      logger: nullLogger,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

describe.runIf(isBuilt && hasPython)('the real runner', () => {
  it('runs code with state, input, errors and interrupts', async () => {
    await using runner = await RealRunner.start();
    await using io = runner.connect();
    expect((await io.ready({ timeoutMs: 10_000 })).extension).toBe(1);
    expect(await io.execute(query('x = 40'))).toMatchObject({ status: 'finished', exitCode: 0, console: [] });
    expect(textOf((await io.execute(query('print(x + 2)'))).console)).toBe('42\n');
    expect(await io.execute(query('1/0'))).toMatchObject({ exitCode: 1, console: [{ type: 'stderr' }] });

    const asked = await io.execute(query('print("hi", input("name? "))', { runId: 'R', cursor: 0 }));
    expect(asked).toMatchObject({
      status: 'waiting-input',
      options: { is_password: false },
      console: [{ text: 'name? ' }],
    });
    const greeted = await io.execute(answer('R', 'Zoë', { cursor: asked.cursor }));
    expect(greeted).toMatchObject({ status: 'finished', console: [{ type: 'stdout', text: 'hi Zoë\n' }] });

    const sleeping = await io.execute(query('import time\nprint("zz")\ntime.sleep(60)', { runId: 'S', eager: true }));
    expect(sleeping).toMatchObject({ status: 'continued', console: [{ text: 'zz\n' }] });
    await io.interrupt();
    expect(await io.execute(proceed('S'))).toMatchObject({ status: 'finished', exitCode: 1 });
    expect(textOf((await io.execute(query('print(x)'))).console)).toBe('40\n');
  });

  it('takes run ids up to the length that the runner takes', async () => {
    await using runner = await RealRunner.start();
    await using io = runner.connect();
    const longest = 'ü'.repeat(127);
    expect(await io.execute(query('1', { runId: longest }))).toMatchObject({ runId: longest, status: 'finished' });
    await expect(io.execute(query('1', { runId: `${longest}xx` }))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await io.execute(query('1'))).toMatchObject({ status: 'finished' });
  });

  it('runs the three steps of a batch', async () => {
    await using runner = await RealRunner.start();
    await using io = runner.connect();
    const steps = [await io.execute(batch('', 'echo building', 'echo run; exit 7', { runId: 'R' }))];
    while (steps.at(-1)?.status !== 'finished') steps.push(await io.execute(proceed('R')));
    expect(steps.map(({ status, exitCode, console }) => [status, exitCode, textOf(console)])).toEqual([
      ['clean-finished', 0, ''],
      ['build-finished', 0, 'building\n'],
      ['finished', 7, 'run\n'],
    ]);
  });

  it('goes on at the very byte for an agent that was replaced in the middle', async () => {
    await using runner = await RealRunner.start();
    const code = 'import time\nfor i in range(600):\n    print(f"Zeile {i} ü€😀")\n    time.sleep(0.001)\n';
    let text = '';
    let cursor = 0;
    for (let status = 'continued', life = 0; status !== 'finished'; life += 1) {
      await using io = runner.connect();
      const calls = life < 5 ? 6 : Number.POSITIVE_INFINITY;
      for (let call = 0; call < calls && status !== 'finished'; call += 1) {
        const result = await io.execute(query(code, { runId: 'R', cursor, eager: true, flushTimeoutMs: 2_000 }));
        expect(result.droppedBytes).toBe(0);
        text += textOf(result.console);
        ({ status, cursor } = result);
      }
      // An answer that never reaches the client, and the agent dies with it.
      if (status !== 'finished') await io.execute(proceed('R', { cursor, eager: true, flushTimeoutMs: 500 }));
    }
    expect(text).toBe(Array.from({ length: 600 }, (_, line) => `Zeile ${line} ü€😀\n`).join(''));
  });

  it('says how much a full spool threw away while nobody read', async () => {
    await using runner = await RealRunner.start(256 * 1024);
    const total = 200_000;
    const code = `import sys\nfor i in range(${total / 10}):\n    sys.stdout.write(f"{i:09d}\\n")\n`;
    {
      await using io = runner.connect();
      await io.ready({ timeoutMs: 10_000 });
      await io.execute(query(code, { runId: 'R', cursor: 0, eager: true }));
    }
    await using io = runner.connect();
    let last = await io.execute(proceed('R', { cursor: 0, flushTimeoutMs: 2_000 }));
    let got = textOf(last.console);
    let dropped = last.droppedBytes;
    while (last.status !== 'finished') {
      last = await io.execute(proceed('R', { cursor: last.cursor, flushTimeoutMs: 2_000 }));
      got += textOf(last.console);
      dropped += last.droppedBytes;
    }
    const lines = got.split('\n').filter((line) => line.length === 9);
    expect(lines).toEqual([...new Set(lines)].sort());
    expect(got.length + dropped).toBe(total);
  });

  it('prints more than anybody can hold, without a loss, as long as somebody reads', async () => {
    await using runner = await RealRunner.start();
    await using io = runner.connect();
    let last = await io.execute(query('print("x" * 30_000_000)', { runId: 'R', cursor: 0 }));
    let bytes = 0;
    for (;;) {
      bytes += textOf(last.console).length;
      expect(last.droppedBytes).toBe(0);
      if (last.status === 'finished') break;
      last = await io.execute(proceed('R', { cursor: last.cursor }));
    }
    expect(bytes).toBe(30_000_001);
  });
});
