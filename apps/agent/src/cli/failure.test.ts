import { BaiError, DeadlineError } from '@bai/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeShell } from '../testing/fake-shell.js';
import { BrokenPipe, Interrupted, UsageError } from './endings.js';
import { reportFailure } from './failure.js';
import { Printer } from './printer.js';

let shell: FakeShell;
beforeEach(() => {
  shell = new FakeShell();
});

async function told(error: unknown, { json = false, debug = false } = {}): Promise<readonly [number, string, string]> {
  using printer = new Printer(shell, json);
  const exit = await reportFailure(error, printer, debug);
  return [exit, shell.stdout.text, shell.stderr.text];
}

describe('reportFailure', () => {
  it('prints the sentence, with causes that it does not quote', async () => {
    const cause = new Error('EACCES: permission denied', { cause: new Error('deep') });
    expect(await told(new BaiError('X_BAD', 'the file x is bad', { cause }))).toEqual([
      1,
      '',
      'bai-agent: the file x is bad: EACCES: permission denied: deep\n',
    ]);
  });

  it('does not say the same twice', async () => {
    const quoted = new BaiError('X_BAD', 'bad (EACCES)', { cause: new Error('EACCES') });
    expect((await told(quoted))[2]).toBe('bai-agent: bad (EACCES)\n');
  });

  it('says what to do next where the error can not know it', async () => {
    const error = new BaiError('RPC_UNREACHABLE', 'no agent answers', { cause: new DeadlineError('PONG', 5000) });
    expect((await told(error))[2]).toBe(
      "bai-agent: no agent answers\nStart an agent with 'bai-agent start', or name the address of one with --addr HOST:PORT.\n",
    );
  });

  it('shows the stack only when asked', async () => {
    expect((await told(new UsageError('wrong')))[0]).toBe(2);
    expect(shell.stderr.text).not.toContain('    at ');
    expect((await told(new UsageError('wrong'), { debug: true }))[2]).toContain('    at ');
  });

  it('owns up to what was not expected', async () => {
    expect((await told(new TypeError('x is not a function')))[2]).toBe(
      'bai-agent: x is not a function\nThis was not expected: --debug shows where it came from.\n',
    );
    expect((await told('thrown text'))[2]).toContain('bai-agent: thrown text\n');
  });

  it('gives programs code, message and details', async () => {
    const error = new BaiError('X_BAD', 'bad', { details: { file: 'x' } });
    const [exit, out, err] = await told(error, { json: true });
    expect([exit, JSON.parse(out), err]).toEqual([
      1,
      { type: 'error', code: 'X_BAD', message: 'bad', details: { file: 'x' } },
      '',
    ]);
  });

  it.each([
    [new Interrupted(), 130],
    [new Interrupted(143), 143],
    [new BrokenPipe(), 141],
  ])('is silent when somebody wanted the end: %s', async (error, exit) => {
    expect(await told(error)).toEqual([exit, '', '']);
  });
});
