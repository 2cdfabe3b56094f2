import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../scripts/steps.mjs';
import { bai, buildBinary, Command, Folder, sandboxProblem } from './support/cli.js';
import { Daemon, example, freePort } from './support/daemon.js';
import { NO_TRACES, tracesOf } from './support/traces.js';

const hasPython = spawnSync('python3', ['-c', '']).status === 0;
const folder = new Folder();
let problem: string | undefined;
let daemon: Daemon;
let addr: readonly string[];

beforeAll(async () => {
  await buildBinary();
  problem = await sandboxProblem();
  if (problem !== undefined) return;
  const env = { BACKEND_CPU_OVERCOMMIT_FACTOR: '10' };
  daemon = await Daemon.start({ stateDir: folder.path, port: await freePort(), env, args: ['--on-stop', 'destroy'] });
  addr = ['--addr', daemon.address];
}, 240_000);

afterAll(async () => {
  if (problem === undefined) {
    expect(await daemon.signal('SIGTERM')).toBe(0);
    expect(tracesOf(folder.path)).toEqual(NO_TRACES);
  }
  folder[Symbol.dispose]();
});

beforeEach((context) => {
  if (problem !== undefined) context.skip(problem);
});

const run = (...args: string[]) => bai(['run', ...addr, ...args]);

describe('bai-agent run, on an agent behind TCP', () => {
  it.each([
    ['hello.py', 0, /^Hello from Python 3\.\d+\.\d+\nprocess \d+ of user \d+, in \/home\/work\n$/],
    ['hello.js', 0, /^Hello from Node\.js v\d+\.\d+\.\d+\nprocess \d+ on main1, in \/home\/work\n$/],
    ['hello.sh', 0, /^Hello from a shell\nprocess \d+ in \/home\/work\n$/],
    ['exit-code.py', 7, /^about to end with exit code 7\n$/],
    ['quickstart.py', 0, /pi is about 3\.1\d+\n$/],
    ['quickstart.mjs', 0, /pi is about 3\.1\d+\n$/],
  ])('runs examples/%s', async (name, exit, output) => {
    if (name.endsWith('.py') && !hasPython) return;
    const result = await run(example(name));
    expect(result).toEqual({
      exit,
      stdout: expect.stringMatching(output),
      stderr: name.startsWith('hello') ? 'this line goes to the standard error\n' : '',
    });
  });

  it('shows each line as it is printed, and takes answers', async () => {
    const code = 'echo one; read -r a; echo "got $a"; read -r b; echo "got $b" >&2';
    await using command = new Command(['run', ...addr, '--runtime-type', 'shell', '-c', code]);
    await command.shows('one\n');
    expect(command.stdout).toBe('one\n');
    command.type('first\n');
    await command.shows('got first\n');
    command.type('second\n');
    expect(await command.exit()).toBe(0);
    expect([command.stdout, command.stderr]).toEqual(['one\ngot first\n', 'got second\n']);
  });

  it('answers questions, also hidden ones, out of a pipe', async (context) => {
    if (!hasPython) context.skip('no python3');
    const { exit, stdout } = await bai(['run', ...addr, example('input.py')], { input: 'Ada\nsecret\n' });
    expect(exit).toBe(0);
    expect(stdout).toContain('Hello Ada, your password has 6 characters.\n');
  });

  it('gives every line of a loud program, in order', async () => {
    const { exit, stdout } = await run(
      '--runtime-type',
      'nodejs',
      '-c',
      'for (let i = 0; i < 20000; i++) console.log(i)',
    );
    expect(exit).toBe(0);
    expect(stdout).toBe(Array.from({ length: 20_000 }, (_, index) => `${index}\n`).join(''));
  });

  it('gives JSON to programs', async () => {
    const { stdout } = await run('--json', '--runtime-type', 'shell', '-c', 'echo out; echo err >&2; exit 3');
    const events = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(events[0]).toMatchObject({ type: 'kernel' });
    expect(events).toContainEqual({ type: 'stdout', text: 'out\n' });
    expect(events).toContainEqual({ type: 'stderr', text: 'err\n' });
    expect(events.at(-1)).toEqual({ type: 'finished', exitCode: 3 });
  });

  it('ends a program after --timeout', async () => {
    const { exit, stdout, stderr } = await run(
      '--timeout',
      '1',
      '--runtime-type',
      'shell',
      '-c',
      'echo begun; sleep 600',
    );
    expect([exit, stdout]).toEqual([124, 'begun\n']);
    expect(stderr).toContain('the code ran longer than 1 s');
  });

  it('ends quietly when nobody reads its output', async () => {
    await using command = new Command([
      'run',
      ...addr,
      '--runtime-type',
      'shell',
      '-c',
      'while :; do echo line; sleep 0.01; done',
    ]);
    await command.shows('line');
    command.stopReading();
    expect([await command.exit(), command.stderr]).toEqual([141, '']);
  });

  it('tells when the agent has not what is asked for', async () => {
    const { exit, stderr } = await run('--mem', '999999g', '-c', '1');
    expect(exit).toBe(125);
    expect(stderr).toMatch(/^bai-agent: .*mem/);
    expect(stderr).not.toContain('    at ');
  });

  it('leaves no kernel behind', async () => {
    const { exit, stdout } = await bai(['kernels', 'ls', ...addr, '--json']);
    expect([exit, JSON.parse(stdout)]).toEqual([0, []]);
  });
});

describe('a kernel that stays', () => {
  const keep = async (code: string, type: string): Promise<string> => {
    const { stdout } = await run('--json', '--keep', '--runtime-type', type, '-c', code);
    const [first = ''] = stdout.split('\n');
    return String((JSON.parse(first) as { kernelId: unknown }).kernelId);
  };

  it('keeps its variables over an interrupt, and goes at the second Ctrl-C', async (context) => {
    if (!hasPython) context.skip('no python3');
    const kernel = await keep('x = 41', 'python');
    const counting = ['run', ...addr, '--kernel', kernel, example('interrupt.py')];
    {
      await using command = new Command(counting);
      await command.shows('round 2\n');
      command.signal('SIGINT');
      expect(await command.exit()).not.toBe(0);
      expect(command.stderr).toContain('KeyboardInterrupt');
    }
    const { exit, stdout } = await run('--kernel', kernel.slice(0, 8), '-c', 'print(x + 1, count >= 2)');
    expect([exit, stdout]).toEqual([0, '42 True\n']);
    {
      const deaf =
        'import time\nwhile True:\n  try:\n    time.sleep(1)\n  except KeyboardInterrupt:\n    print("no", flush=True)';
      await using command = new Command([
        'run',
        ...addr,
        '--kernel',
        kernel,
        '-c',
        `print("begun", flush=True)\n${deaf}`,
      ]);
      await command.shows('begun');
      command.signal('SIGINT');
      await command.shows('no\n');
      command.signal('SIGINT');
      expect(await command.exit()).toBe(130);
    }
    const gone = await run('--kernel', kernel, '-c', 'print(x)');
    expect(gone.exit).toBe(2);
    expect(gone.stderr).toContain(`no kernel ${kernel} on this agent`);
  });

  it('can be listed, read and ended by the beginning of its id', async () => {
    const kernel = await keep('echo hello', 'shell');
    const listed = await bai(['kernels', 'ls', ...addr]);
    expect(listed.stdout).toMatch(new RegExp(`^${kernel} +running +host/shell +1 `, 'm'));
    expect((await bai(['kernels', 'logs', kernel.slice(0, 6), ...addr])).stdout).toContain('hello\n');
    const removed = await bai(['kernels', 'rm', kernel.slice(0, 6), ...addr]);
    expect([removed.exit, removed.stdout]).toEqual([0, `${kernel}\n`]);
    expect((await bai(['kernels', 'ls', ...addr])).stdout).toContain('no kernels');
  });
});

describe('examples/embed.ts', () => {
  it('runs an agent inside a program, and leaves nothing behind', async (context) => {
    if (!hasPython) context.skip('no python3');
    using place = new Folder();
    // Below the repository's own modules, so that the package's name is found.
    const file = join(root, `node_modules/.embed-${process.pid}.mjs`);
    const { code } = await transform(readFileSync(example('embed.ts'), 'utf8'), { loader: 'ts', target: 'node20' });
    writeFileSync(file, code);
    try {
      const env = { ...process.env, TMPDIR: place.path };
      const { stdout } = await promisify(execFile)(process.execPath, [file], { env, timeout: 30_000 });
      expect(stdout).toBe('Who? Hello world\n');
    } finally {
      rmSync(file);
    }
    expect(readdirSync(place.path)).toEqual([]);
    expect(tracesOf(place.path)).toEqual(NO_TRACES);
  });
});

describe('without a running agent', () => {
  it('run has one of its own, and leaves nothing behind', async () => {
    using place = new Folder();
    const env = { TMPDIR: place.path, HOME: place.path };
    const { exit, stdout } = await bai(['run', '--runtime-type', 'shell', '-c', 'echo hello; exit 4'], { env });
    expect([exit, stdout]).toEqual([4, 'hello\n']);
    expect(readdirSync(place.path)).toEqual([]);
    expect(tracesOf(place.path)).toEqual(NO_TRACES);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s leaves nothing behind either', async (signal, expected) => {
    using place = new Folder();
    const code = 'trap "" INT; echo begun; while :; do sleep 1; done';
    await using command = new Command(['run', '--runtime-type', 'shell', '-c', code], { env: { TMPDIR: place.path } });
    await command.shows('begun');
    command.signal(signal);
    if (signal === 'SIGINT') {
      await command.shows('Ctrl-C again');
      command.signal(signal);
    }
    expect(await command.exit()).toBe(expected);
    expect(readdirSync(place.path)).toEqual([]);
    expect(tracesOf(place.path)).toEqual(NO_TRACES);
  });

  it('quickstart shows its example line by line, and leaves nothing behind', async () => {
    using place = new Folder();
    await using command = new Command(['quickstart'], {
      env: { TMPDIR: place.path, HOME: place.path },
      cwd: place.path,
    });
    await command.shows('after 10000 points');
    expect(command.stdout).not.toContain('after 50000 points');
    expect(await command.exit()).toBe(0);
    expect(command.stdout).toMatch(
      /destroying the kernel and the agent \.\.\. \d+\.\d\d s\nDone in \d+\.\d\d s; nothing is left behind\./,
    );
    expect(command.stderr).toBe('');
    expect(readdirSync(place.path)).toEqual([]);
    expect(tracesOf(place.path)).toEqual(NO_TRACES);
  });
});
