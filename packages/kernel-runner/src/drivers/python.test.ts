import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasPython, have } from '../testing/interpreters.js';
import { TestRunner } from '../testing/runner-peer.js';

const start = () => TestRunner.start({ runtimeType: 'python', environment: { BAI_DRIVER: 'builtin' } });

describe.skipIf(!have(hasPython, 'python3'))('the built-in Python', () => {
  test('keeps state, prints values, has exit codes', async () => {
    await using runner = await start();
    using peer = runner.connect();
    const seen: unknown[] = [];
    const codes = ['x = 6', 'x * 7', 'None', 'print("ü"); "v"', '_', '', '# only a comment', 'import sys; sys.exit(3)'];
    codes.push('raise SystemExit("bye")', 'sys.exit()', 'exit(5)', 'x', 'pass; x;');
    for (const code of codes) {
      const { exitCode, stdout, stderr } = await peer.run(code);
      seen.push([exitCode, stdout, stderr]);
    }
    expect(seen).toEqual([
      [0, '', ''],
      [0, '42', ''],
      [0, '', ''],
      [0, "ü\n'v'", ''],
      [0, "'v'", ''],
      [0, '', ''],
      [0, '', ''],
      [3, '', ''],
      [1, '', 'bye\n'],
      [0, '', ''],
      [5, '', ''],
      [0, '6', ''],
      [0, '6', ''],
    ]);
  });

  test("tracebacks show the user's lines and none of ours", async () => {
    await using runner = await start();
    using peer = runner.connect();
    const { stderr, exitCode } = await peer.run('def f():\n    raise ValueError("no")\n\nf()');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('line 2, in f');
    expect(stderr).toContain('raise ValueError("no")');
    expect(stderr).toMatch(/^Traceback[\s\S]*ValueError: no\n$/);
    expect(stderr).not.toContain('python.py');
    expect((await peer.run('if')).stderr).toMatch(/SyntaxError/);
    expect((await peer.run('class E(Exception):\n  def __str__(self): raise E\nraise E')).exitCode).toBe(1);
  });

  test('shows output line by line, before the run is over', async () => {
    await using runner = await start();
    using peer = runner.connect();
    peer.code('print("first"); input(); print("second")');
    const [first] = await peer.until(({ opcode }) => opcode === 'waiting-input');
    expect(first?.text).toBe('first\n');
    peer.send('input', '');
    expect((await peer.finished()).stdout).toBe('second\n');
  });

  test('input(), getpass and sys.stdin ask, after the prompt', async () => {
    await using runner = await start();
    using peer = runner.connect();
    peer.code(
      'import getpass, sys\na=input("name? ")\nb=getpass.getpass("pw? ")\nc=sys.stdin.readline()\nprint([a,b,c])',
    );
    const questions: unknown[] = [];
    for (const answer of ['Jörg', 's3\\n', 'line']) {
      const records = await peer.until(({ opcode }) => opcode === 'waiting-input');
      questions.push(records.map(({ opcode, text }) => [opcode, text]));
      peer.send('input', answer);
    }
    expect(questions).toEqual([
      [
        ['stdout', 'name? '],
        ['waiting-input', '{"is_password": false}'],
      ],
      [
        ['stdout', 'pw? '],
        ['waiting-input', '{"is_password": true}'],
      ],
      [['waiting-input', '{"is_password": false}']],
    ]);
    expect((await peer.finished()).stdout).toBe("['Jörg', 's3\\\\n', 'line\\n']\n");
  });

  test('an interrupt stops loops, sleeps and questions; variables survive', async () => {
    await using runner = await start();
    using peer = runner.connect();
    await peer.run('x = 1');
    for (const wait of ['while True: pass', 'import time; time.sleep(100)', 'input()']) {
      peer.code(`print("go", flush=True)\n${wait}`);
      await peer.until(({ opcode }) => opcode === (wait === 'input()' ? 'waiting-input' : 'stdout'));
      peer.send('interrupt', '');
      const { exitCode, stderr } = await peer.finished();
      expect([wait, exitCode, stderr.includes('KeyboardInterrupt')]).toEqual([wait, 1, true]);
    }
    expect((await peer.run('x')).stdout).toBe('1');
  });

  test('an interrupt that comes before the code has begun takes effect; one between runs does not', async () => {
    await using runner = await start();
    using peer = runner.connect();
    peer.code('import time; time.sleep(100)');
    peer.send('interrupt', '');
    expect((await peer.finished()).exitCode).toBe(1);
    peer.send('interrupt', '');
    expect(await peer.run('1')).toMatchObject({ exitCode: 0, stdout: '1' });
  });

  test('a dead interpreter ends its run; the next run has a new one', async () => {
    await using runner = await start();
    using peer = runner.connect();
    await peer.run('x = 1');
    expect(await peer.run('print("last words", flush=True); import os; os._exit(9)')).toMatchObject({
      exitCode: 9,
      stdout: 'last words\n',
    });
    expect((await peer.run('x')).stderr).toContain('NameError');
    expect((await peer.run('import os, signal; os.kill(os.getpid(), signal.SIGKILL)')).exitCode).toBe(-9);
    expect((await peer.run('2 + 2')).stdout).toBe('4');
  });

  test('code that closes its stdout and stderr ends, and the next run has them again', async () => {
    await using runner = await start();
    using peer = runner.connect();
    expect((await peer.run('import os, sys\nos.close(1)\nos.close(2)')).exitCode).toBe(0);
    expect((await peer.run('print("again"); print("err", file=sys.stderr)')).stdout).toBe('again\n');
    expect((await peer.run('sys.stdout.close(); sys.stderr.close()')).exitCode).toBe(0);
    expect((await peer.run('1/0')).stderr).toContain('ZeroDivisionError');
    expect((await peer.run('print(1)')).stdout).toBe('1\n');
    await peer.run('for fd in range(3, 256):\n  try: os.close(fd)\n  except OSError: pass');
    expect((await peer.run('print("alive")')).stdout).toBe('alive\n');
  });

  test('a forked child that falls out of the code is no second runner', async () => {
    await using runner = await start();
    using peer = runner.connect();
    const code = 'import os, sys\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nprint("parent" if pid else "child")';
    expect((await peer.run(code)).stdout).toBe('child\nparent\n');
    expect((await peer.run('3')).stdout).toBe('3');
  });

  test('threads that print after the end belong to no run', async () => {
    await using runner = await start();
    using peer = runner.connect();
    await peer.attach();
    const code = 'import threading\ngo = threading.Event()\ndef late():\n  go.wait()\n  print("late")\n';
    await peer.run(`${code}t = threading.Thread(target=late); t.start()`, 'r1');
    await peer.run('threading.Timer(0.05, go.set).start()', 'r2');
    const late = (await peer.until(({ opcode }) => opcode === 'stdout')).at(-1);
    expect([late?.text, late?.runId]).toEqual(['late\n', '']);
  });

  test('completes names and attributes', async () => {
    await using runner = await start();
    using peer = runner.connect();
    await peer.run('import os; my_long_name = 1');
    const ask = async (code: string) => {
      peer.send('complete', JSON.stringify({ code }), 'tag');
      const answer = (await peer.until(({ opcode }) => opcode === 'completion')).at(-1);
      return JSON.parse(answer?.text ?? '').suggestions;
    };
    expect(await ask('x = my_lo')).toEqual(['my_long_name']);
    expect(await ask('os.getpi')).toEqual(['os.getpid']);
    expect(await ask('nothing_like_this')).toEqual([]);
    expect(await ask('1/0 +')).toEqual([]);
  });

  test('goes on without an ipykernel that does not work', async () => {
    const prepare = (directory: string) => {
      mkdirSync(join(directory, 'ipykernel'));
      writeFileSync(join(directory, 'ipykernel', '__init__.py'), 'raise ImportError("broken on purpose")');
      writeFileSync(join(directory, 'environ.txt'), `PYTHONPATH=${directory}\n`);
      environment.BAI_ENVIRON_FILE = join(directory, 'environ.txt');
    };
    const environment = { BAI_ENVIRON_FILE: '' };
    await using runner = await TestRunner.start({ runtimeType: 'python', environment, prepare });
    using peer = runner.connect();
    expect(await peer.run('6 * 7')).toMatchObject({ exitCode: 0, stdout: '42' });
    expect(peer.received.map(({ text }) => text).join('')).toContain('broken on purpose');
  });

  test('a missing interpreter is named, with what to do', async () => {
    await using runner = await TestRunner.start({ runtimeType: 'python', runtimePath: '/no/such/python' });
    using peer = runner.connect();
    const { exitCode, stderr } = await peer.run('1');
    expect([exitCode, stderr]).toEqual([127, expect.stringContaining('cannot start /no/such/python')]);
  });
});
