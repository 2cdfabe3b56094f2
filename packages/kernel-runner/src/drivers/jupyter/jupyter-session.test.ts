import { describe, expect, test } from 'vitest';
import { have, ipykernelPython } from '../../testing/interpreters.js';
import { droppedBytes, TestRunner, vector } from '../../testing/runner-peer.js';

const found = have(ipykernelPython !== undefined, 'a Python with ipykernel (BAI_TEST_IPYKERNEL_PYTHON)');

const start = (spoolBytes?: number) =>
  TestRunner.start({
    runtimeType: 'python',
    ...(ipykernelPython === undefined ? {} : { runtimePath: ipykernelPython }),
    ...(spoolBytes === undefined ? {} : { spoolBytes }),
  });

const recorded = (name: string) =>
  vector(name)
    .sequence.filter(({ dir }) => dir === 'runner->agent')
    .map(({ opcode, payload_utf8 }) => [opcode, payload_utf8]);
const codeOf = (name: string) => vector(name).sequence[0]?.payload_utf8 ?? '';

const title = found
  ? 'an ipykernel'
  : 'an ipykernel (not run here: set BAI_TEST_IPYKERNEL_PYTHON to a Python that has it)';

describe.skipIf(!found)(title, () => {
  test('answers as upstream recorded it', async () => {
    await using runner = await start();
    using peer = runner.connect();
    for (const name of ['query-print', 'query-expression', 'query-media']) {
      const { messages } = await peer.run(codeOf(name));
      expect(messages.map(({ opcode, text }) => [opcode, text])).toEqual(recorded(name));
    }
    const { messages } = await peer.run(codeOf('query-error'));
    expect(messages.map(({ opcode }) => opcode)).toEqual(['stderr', 'finished']);
    expect(messages[0]?.text).toContain('ZeroDivisionError');
    expect(messages.at(-1)?.text).toBe('{"exitCode": 1}');
    peer.code(codeOf('query-input'));
    const asked = await peer.until(({ opcode }) => opcode === 'waiting-input');
    peer.send('input', 'Joe');
    const all = [...asked, ...(await peer.finished()).messages];
    expect(all.map(({ opcode, text }) => [opcode, text])).toEqual(recorded('query-input'));
  }, 60_000);

  test('has exit codes, passwords, prompts behind their output, completions', async () => {
    await using runner = await start();
    using peer = runner.connect();
    expect((await peer.run('import sys; sys.exit(3)')).exitCode).toBe(3);
    peer.code('import getpass; print("before"); getpass.getpass("pw? ")');
    const asked = await peer.until(({ opcode }) => opcode === 'waiting-input');
    expect(asked.map(({ text }) => text).join('')).toBe('before\npw? {"is_password": true}');
    peer.send('input', 'x');
    expect((await peer.finished()).stdout).toBe("'x'");
    await peer.run('my_long_name = 1');
    peer.send('complete', JSON.stringify({ code: 'my_lo', row: 0, col: 5 }));
    const answer = (await peer.until(({ opcode }) => opcode === 'completion')).at(-1);
    expect(JSON.parse(answer?.text ?? '').suggestions).toContain('my_long_name');
  }, 60_000);

  test('an interrupt ends the run with 1 and variables survive, also one that comes at once', async () => {
    await using runner = await start();
    using peer = runner.connect();
    await peer.run('x = 5');
    peer.code('print("go", flush=True); import time; time.sleep(100)');
    await peer.until(({ opcode }) => opcode === 'stdout');
    peer.send('interrupt', '');
    const { exitCode, stderr } = await peer.finished();
    expect([exitCode, stderr.includes('KeyboardInterrupt')]).toEqual([1, true]);
    peer.code('time.sleep(100)');
    peer.send('interrupt', '');
    expect((await peer.finished()).exitCode).toBe(1);
    expect((await peer.run('x')).stdout).toBe('5');
  }, 60_000);

  test('a kernel that dies ends its run; the next run has a new one', async () => {
    await using runner = await start();
    using peer = runner.connect();
    expect((await peer.run('import os; os._exit(9)')).exitCode).toBe(9);
    expect((await peer.run('os.kill(1, 0)')).stderr).toContain('NameError');
    expect((await peer.run('exit')).exitCode).toBe(0);
    expect((await peer.run('1 + 1')).stdout).toBe('2');
  }, 60_000);

  test('output of sub-processes comes too', async () => {
    await using runner = await start();
    using peer = runner.connect();
    const { stdout } = await peer.run('import subprocess; _ = subprocess.run(["echo", "from below"])');
    expect(stdout).toBe('from below\n');
  }, 60_000);

  test('a flood of displays costs the oldest, counted exactly, and never the end of the run', async () => {
    await using runner = await start(256 * 1024);
    using peer = runner.connect();
    await peer.attach({ windowBytes: 1000 });
    const code = 'from IPython.display import display, HTML\nfor i in range(3000): display(HTML("x" * 997))';
    peer.code(code, 'r');
    peer.code('print("next")', 's');
    // Nothing was acknowledged: a new agent finds what is left, and both ends.
    await expect.poll(async () => (await peer.attach({ windowBytes: 1000 })).activeRun, { timeout: 30_000 }).toBeNull();
    await peer.attach({ windowBytes: 100_000_000 });
    const messages = await peer.until(({ opcode, runId }) => opcode === 'finished' && runId === 's');
    const arrived = messages.filter(({ opcode }) => opcode === 'media').length * 997;
    expect(droppedBytes(messages)).toBeGreaterThan(0);
    expect(arrived + droppedBytes(messages)).toBe(3000 * 997);
    expect(messages.filter(({ opcode }) => opcode === 'finished').map(({ runId }) => runId)).toEqual(['r', 's']);
  }, 60_000);
});
