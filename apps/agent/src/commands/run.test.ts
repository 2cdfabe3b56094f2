import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentError } from '@bai/agent-api';
import { poll } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Printer } from '../cli/printer.js';
import { FakeAgent, KERNELS, type Programs } from '../testing/fake-agent.js';
import { FakeShell } from '../testing/fake-shell.js';
import { type RunOptions, run } from './run.js';

let shell: FakeShell;
beforeEach(() => {
  shell = new FakeShell();
});
afterEach(() => {
  expect(shell.handlers).toBe(0);
});

const DEFAULTS: RunOptions = {
  file: undefined,
  code: 'program',
  addr: undefined,
  runtimeType: undefined,
  image: undefined,
  cpu: undefined,
  mem: undefined,
  timeoutSec: undefined,
  kernel: undefined,
  keep: false,
};

async function runOn(agent: FakeAgent, options: Partial<RunOptions> = {}, json = false): Promise<number> {
  using printer = new Printer(shell, json);
  return await run({ ...DEFAULTS, ...options }, { shell, printer, debug: false }, async (_, stack) => stack.use(agent));
}
const runProgram = (acts: Programs[string], options: Partial<RunOptions> = {}, json = false) =>
  runOn(new FakeAgent({ program: acts }, KERNELS), options, json);

const calls = async (agent: FakeAgent, call: string) =>
  poll(call, { timeoutMs: 5000, intervalMs: 5 }, () => agent.calls.includes(call) || undefined);

describe('output', () => {
  it('goes where it belongs, as it is', async () => {
    const exit = await runProgram([
      { type: 'stdout', text: 'one' },
      { type: 'stderr', text: 'bad\n' },
      { type: 'stdout', text: ' two\n' },
      { type: 'exit', code: 0 },
    ]);
    expect([exit, shell.stdout.text, shell.stderr.text]).toEqual([0, 'one two\n', 'bad\n']);
  });

  it('of other kinds, and lost output, are noted', async () => {
    await runProgram([
      { type: 'media', mime: 'image/png', data: 'AAAA' },
      { type: 'html', text: '<b>x</b>' },
      { type: 'drop', bytes: 2048 },
      { type: 'exit', code: 0 },
    ]);
    expect(shell.stdout.text).toBe('');
    expect(shell.stderr.text).toBe(
      '[image/png of 4 characters: --json shows it]\n[HTML of 8 characters: --json shows it]\n[2 KiB of output were lost: the kernel keeps only the newest part]\n',
    );
  });

  it('is one JSON object per line under --json', async () => {
    await runProgram(
      [
        { type: 'stdout', text: 'a\n' },
        { type: 'exit', code: 3 },
      ],
      {},
      true,
    );
    const lines = shell.stdout.text
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines).toEqual([
      { type: 'kernel', kernelId: expect.any(String) },
      { type: 'stdout', text: 'a\n' },
      { type: 'finished', exitCode: 3 },
    ]);
    expect(shell.stderr.text).toBe('');
  });

  it('that nobody reads ends the run, and the kernel', async () => {
    const agent = new FakeAgent({
      program: [{ type: 'stdout', text: 'a\n' }, { type: 'wait' }, { type: 'stdout', text: 'b\n' }, { type: 'wait' }],
    });
    const ended = runOn(agent);
    await calls(agent, 'waits');
    shell.stdout.break();
    await agent.interruptKernel();
    expect(await ended).toBe(141);
    expect(agent.calls.slice(-2)).toEqual(['destroy', 'close']);
    expect(shell.stderr.text).toBe('');
  });
});

describe('the exit code', () => {
  it.each([
    [0, 0],
    [7, 7],
    [255, 255],
    [-9, 137],
    [null, 1],
  ])('of the program, %j, becomes %d', async (code, expected) => {
    expect(await runProgram([{ type: 'exit', code }])).toBe(expected);
  });

  it('is 125 when the agent fails, with the reason', async () => {
    const error = new AgentError('KERNEL_TERMINATED', 'the kernel ended with status 137');
    expect(await runProgram([{ type: 'fail', error }])).toBe(125);
    expect(shell.stderr.text).toBe('bai-agent: the kernel ended with status 137\n');
  });

  it('is 124 after --timeout', async () => {
    const agent = new FakeAgent({ program: [{ type: 'wait' }] });
    expect(await runOn(agent, { timeoutSec: 0.05 })).toBe(124);
    expect(shell.stderr.text).toContain('[the code ran longer than 0.05 s and was ended]');
    expect(agent.calls).toEqual(['create host/python', 'waits', 'interrupt', 'destroy', 'close']);
  });
});

describe('input', () => {
  const asks: Programs[string] = [{ type: 'ask' }, { type: 'ask', isPassword: true }, { type: 'exit', code: 0 }];

  it('comes line by line from the standard input', async () => {
    shell.stdin.end('Ada\r\nsecret');
    expect(await runProgram(asks)).toBe(0);
    expect(shell.stdout.text).toBe('got Ada\ngot secret\n');
  });

  it('may come late, and in pieces', async () => {
    const ended = runProgram([{ type: 'stdout', text: 'name? ' }, ...asks]);
    await shell.stdout.shows('name? ');
    shell.stdin.write('A');
    shell.stdin.write('da\nse');
    await shell.stdout.shows('got Ada');
    shell.stdin.end('cret\n');
    expect(await ended).toBe(0);
    expect(shell.stdout.text).toBe('name? got Ada\ngot secret\n');
  });

  it('at its end is an empty line, with a note', async () => {
    shell.stdin.end('');
    expect(await runProgram([{ type: 'ask' }, { type: 'exit', code: 0 }])).toBe(0);
    expect(shell.stdout.text).toBe('got \n');
    expect(shell.stderr.text).toBe('[the input has ended: the program gets an empty line]\n');
  });

  it('that is hidden is not echoed by a terminal', async () => {
    const modes: boolean[] = [];
    Object.assign(shell.stdin, { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) });
    shell.stdin.write('seX\u007fcret\r');
    await runProgram([
      { type: 'ask', isPassword: true },
      { type: 'exit', code: 0 },
    ]);
    expect(shell.stdout.text).toBe('got secret\n');
    expect(modes.slice(0, 2)).toEqual([true, false]);
  });

  it('is announced under --json', async () => {
    shell.stdin.end('x\n');
    await runProgram(
      [
        { type: 'ask', isPassword: true },
        { type: 'exit', code: 0 },
      ],
      {},
      true,
    );
    expect(shell.stdout.text).toContain('{"type":"input-request","isPassword":true}\n');
  });

  it('is not read when nobody asks', async () => {
    shell.stdin.write('kept');
    await runProgram([{ type: 'exit', code: 0 }]);
    expect(shell.stdin.read()?.toString()).toBe('kept');
  });
});

describe('Ctrl-C', () => {
  it('interrupts the code, which may go on', async () => {
    const agent = new FakeAgent({
      program: [{ type: 'wait' }, { type: 'stdout', text: 'tidied up\n' }, { type: 'exit', code: 5 }],
    });
    const ended = runOn(agent);
    await calls(agent, 'waits');
    shell.signal('SIGINT');
    expect(await ended).toBe(5);
    expect(shell.stdout.text).toBe('tidied up\n');
    expect(agent.calls).toEqual(['create host/python', 'waits', 'interrupt', 'destroy', 'close']);
  });

  it('twice ends the kernel, also one that was there before', async () => {
    const agent = new FakeAgent({ program: [{ type: 'wait' }, { type: 'wait' }] }, KERNELS);
    const ended = runOn(agent, { addr: 'x', kernel: 'aaaa' });
    await calls(agent, 'waits');
    shell.signal('SIGINT');
    shell.signal('SIGINT');
    expect(await ended).toBe(130);
    expect(agent.calls).toContain('destroy');
    expect((await agent.listKernels()).map(({ kernelId }) => kernelId)).toEqual([KERNELS[1]]);
  });

  it('while the program asks ends the run, and not the kernel', async () => {
    const agent = new FakeAgent({ program: [{ type: 'stdout', text: '? ' }, { type: 'ask' }] }, KERNELS);
    const ended = runOn(agent, { addr: 'x', kernel: 'aaaa' });
    await shell.stdout.shows('? ');
    shell.signal('SIGINT');
    expect(await ended).toBe(130);
    expect(agent.calls).toContain('interrupt');
    expect(agent.calls).not.toContain('destroy');
  });

  it('before there is a kernel ends the command', async () => {
    using printer = new Printer(shell, false);
    const ended = run(DEFAULTS, { shell, printer, debug: false }, (_options, _stack, signal) => {
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    await poll('handlers', { timeoutMs: 5000, intervalMs: 5 }, () => shell.handlers > 0 || undefined);
    shell.signal('SIGINT');
    expect([await ended, shell.stderr.text]).toEqual([130, '']);
  });

  it('SIGTERM ends kernel and command', async () => {
    const agent = new FakeAgent({ program: [{ type: 'wait' }] });
    const ended = runOn(agent);
    await calls(agent, 'waits');
    shell.signal('SIGTERM');
    expect(await ended).toBe(143);
    expect(agent.calls.slice(-2)).toEqual(['destroy', 'close']);
  });
});

describe('the kernel', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'run-'));
    shell = new FakeShell({ cwd: folder });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    ['a.py', 'host/python'],
    ['a.MJS', 'host/nodejs'],
    ['a.sh', 'host/shell'],
  ])('for %s is of %s', async (file, image) => {
    writeFileSync(join(folder, file), 'program');
    const agent = new FakeAgent({ program: [{ type: 'exit', code: 4 }] });
    expect(await runOn(agent, { file, code: undefined })).toBe(4);
    expect(agent.calls[0]).toBe(`create ${image}`);
  });

  it('is as it was asked for', async () => {
    const agent = new FakeAgent();
    await runOn(agent, { runtimeType: 'nodejs', cpu: '2', mem: '512m' });
    expect(agent.created[0]?.kernels[0]).toMatchObject({
      image: { canonical: 'host/nodejs' },
      slots: { cpu: '2', mem: '536870912' },
    });
  });

  it('takes its program from the standard input for -', async () => {
    shell.stdin.end('program');
    expect(await runProgram([{ type: 'exit', code: 4 }], { file: '-', code: undefined })).toBe(4);
  });

  it('stays with --keep, and can be used again by the beginning of its id', async () => {
    const agent = new FakeAgent({ program: [{ type: 'exit', code: 4 }] });
    await runOn(agent, { addr: 'x', keep: true });
    const [kernel] = await agent.listKernels();
    expect(shell.stderr.text).toContain(`[kernel ${kernel?.kernelId} stays`);
    expect(await runOn(agent, { addr: 'x', kernel: kernel?.kernelId.slice(0, 8) })).toBe(4);
    expect(agent.calls.filter((call) => call.startsWith('create'))).toHaveLength(1);
    expect(agent.calls).not.toContain('destroy');
  });

  it.each([
    [{ code: undefined }, /^name a file to run/],
    [{ file: 'a.py' }, /^name a file to run/],
    [{ keep: true }, /--keep and --kernel need an agent/],
    [{ kernel: 'a' }, /--keep and --kernel need an agent/],
    [{ code: undefined, file: 'a.rb' }, /^a.rb can't be read/],
    [{ code: undefined, file: 'none.py' }, /^none.py can't be read: ENOENT/],
  ])('is not made for a wrong command: %j', async (options, message) => {
    await expect(runProgram([], options)).rejects.toThrow(message);
  });

  it('is not made for a file whose name tells nothing', async () => {
    writeFileSync(join(folder, 'a.rb'), '');
    await expect(runProgram([], { file: 'a.rb', code: undefined })).rejects.toThrow(/say it with --runtime-type/);
  });

  it.each([
    ['ff', 'no kernel ff on this agent; it has aaaaaaaa, aabbbbbb'],
    ['aa', '2 kernels begin with aa: give more of the id'],
  ])('must be one that is there: %s', async (kernel, message) => {
    expect(await runProgram([], { addr: 'x', kernel })).toBe(2);
    expect(shell.stderr.text).toContain(message);
  });
});
