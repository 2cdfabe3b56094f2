import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeError } from '@bai/container-runtime';
import { describe, expect, it } from 'vitest';
import { Printer } from '../cli/printer.js';
import { FakeAgent } from '../testing/fake-agent.js';
import { FakeShell } from '../testing/fake-shell.js';
import { quickstart } from './quickstart.js';

const EXAMPLE = readFileSync(join(import.meta.dirname, '../../../../examples/quickstart.py'), 'utf8');

describe('quickstart', () => {
  it('shows each step, the output line by line, the figures, and cleans up', async () => {
    const shell = new FakeShell();
    using printer = new Printer(shell, false);
    const agent = new FakeAgent({
      [EXAMPLE]: [
        { type: 'stdout', text: 'one\ntw' },
        { type: 'stdout', text: 'o\n' },
        { type: 'stderr', text: 'three' },
        { type: 'exit', code: 0 },
      ],
    });
    expect(await quickstart({ shell, printer, debug: false }, async (stack) => stack.use(agent))).toBe(0);
    const shown = shell.stdout.text.replaceAll(/\d+\.\d\d s/g, 'TIME');
    for (const text of [
      '1. starting an agent, in this process ... TIME\n',
      '2. creating a kernel of host/python ... TIME\n',
      '3. running examples/quickstart.py in it:\n   | one\n   | two\n   | three\n   took TIME\n',
      'CPU time      TIME\n',
      'memory        12 MiB\n',
      'memory, most  can not be read here\n',
      'limits: memory enforced, cpu advisory\n',
      '4. destroying the kernel and the agent ... TIME\n',
    ]) {
      expect(shown).toContain(text);
    }
    expect(agent.calls).toEqual(['create host/python', 'destroy', 'close']);
    expect(shell.handlers).toBe(0);
  });

  it('gives the exit code of the example, and JSON to programs', async () => {
    const shell = new FakeShell();
    using printer = new Printer(shell, true);
    const agent = new FakeAgent({
      [EXAMPLE]: [
        { type: 'stdout', text: 'x' },
        { type: 'exit', code: 3 },
      ],
    });
    expect(await quickstart({ shell, printer, debug: false }, async (stack) => stack.use(agent))).toBe(3);
    const values = shell.stdout.text
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(values).toContainEqual({ type: 'output', text: 'x' });
    expect(values).toContainEqual(expect.objectContaining({ type: 'stats', processes: 3 }));
  });

  it('takes Node.js where there is no Python', async () => {
    const shell = new FakeShell();
    using printer = new Printer(shell, false);
    const agent = new FakeAgent({}, [], ['host/shell', 'host/nodejs']);
    expect(await quickstart({ shell, printer, debug: false }, async (stack) => stack.use(agent))).toBe(0);
    expect(shell.stdout.text).toContain('running examples/quickstart.mjs in it');
    expect(agent.calls[0]).toBe('create host/nodejs');
  });

  it('ends kernel and agent when it is interrupted', async () => {
    const shell = new FakeShell();
    using printer = new Printer(shell, false);
    const agent = new FakeAgent({
      [EXAMPLE]: [{ type: 'stdout', text: 'working\n' }, { type: 'wait' }, { type: 'wait' }],
    });
    const ended = quickstart({ shell, printer, debug: false }, async (stack) => stack.use(agent));
    await shell.stdout.shows('working');
    shell.signal('SIGINT');
    await expect(ended).rejects.toMatchObject({ exitCode: 130 });
    expect(agent.calls.slice(-2)).toEqual(['destroy', 'close']);
  });

  it('runs only its example where the sandbox is forbidden, and says that nothing isolates it', async () => {
    const shell = new FakeShell();
    using printer = new Printer(shell, false);
    const refuse = async () => {
      throw new RuntimeError('RUNTIME_UNAVAILABLE', 'user namespaces are off: switch them on');
    };
    expect(await quickstart({ shell, printer, debug: false }, refuse)).toBe(0);
    expect(shell.stdout.text).toContain('user namespaces are off: switch them on');
    expect(shell.stdout.text).toMatch(
      /running examples\/quickstart\.(py|mjs), NOT ISOLATED:\n {3}\| Hello from (Python|Node.js) /,
    );
    expect(shell.stdout.text).toContain('   | after 50000 points, pi is about 3.1');
  });
});
