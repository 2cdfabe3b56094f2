import { AgentError, type AgentErrorCode, InvalidArgumentError, kernelNotFound } from '@bai/agent-api';
import { DeadlineError, parseKernelId } from '@bai/core';
import { describe, expect, it } from 'vitest';
import { DialectError } from './errors.js';
import { errorNames, fromWireFailure, toErrorEvent, toWireFailure } from './failure.js';

const id = parseKernelId('6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e21');

describe('toWireFailure', () => {
  it.each([
    [
      'G2',
      'destroy_kernel',
      new AgentError('INSUFFICIENT_RESOURCE', 'not enough cpu'),
      'InsufficientResource',
      "InsufficientResource('not enough cpu')",
    ],
    ['G3', 'get_logs', kernelNotFound(id), 'KeyError', `KeyError(UUID('${id}'))`],
    ['G2', 'execute', kernelNotFound(id), 'RuntimeError', expect.stringMatching(/^RuntimeError\("no kernel 6b8f/)],
    [
      'G3',
      'upload_file',
      new AgentError('PATH_NOT_ALLOWED', 'outside'),
      'PermissionError',
      "PermissionError('outside')",
    ],
    ['G2', 'download_file', new AgentError('FILE_NOT_FOUND', 'x'), 'FileNotFoundError', "FileNotFoundError('x')"],
    ['G3', 'download_file', new AgentError('FILE_NOT_FOUND', 'x'), 'RuntimeError', "RuntimeError('x')"],
    [
      'G3',
      'm',
      new AgentError('AGENT_NOT_FOUND', "Agent 'x'"),
      'AgentIdNotFoundError',
      "<AgentIdNotFoundError(404): Agent ID not found. (Agent 'x')>",
    ],
    ['G3', 'm', new InvalidArgumentError('mode', 'is wrong'), 'ValueError', "ValueError('mode: is wrong')"],
    ['G3', 'm', new AgentError('NOT_SUPPORTED', 'later'), 'NotImplementedError', "NotImplementedError('later')"],
    [
      'G3',
      'm',
      new DialectError('RPC_WRONG_ARGUMENTS', 'too many positional arguments'),
      'TypeError',
      "TypeError('too many positional arguments')",
    ],
    ['G2', 'nope', new DialectError('RPC_UNKNOWN_METHOD', 'nope'), 'KeyError', "KeyError('nope')"],
    ['G2', 'm', new DeadlineError('x', 5), 'TimeoutError', "TimeoutError('x did not finish within 5 ms')"],
    ['G2', 'm', new Error('boom', { cause: new Error('why') }), 'RuntimeError', "RuntimeError('boom: why')"],
    ['G2', 'm', 'thrown text', 'RuntimeError', "RuntimeError('thrown text')"],
  ] as const)('%s %s', (generation, method, error, name, repr) => {
    const failure = toWireFailure(error, generation, method);
    expect(failure).toMatchObject({ name, repr });
    expect(failure.traceback).toMatch(/^Traceback \(most recent call last\):\n {2}File ".*", line \d+, in .*\n\w+: /);
    expect(failure.traceback.endsWith('\n')).toBe(true);
  });

  it('shows no stack of this program', () => {
    expect(toWireFailure(new Error('x'), 'G3', 'm').traceback).not.toContain('.ts');
  });
});

describe('toErrorEvent', () => {
  it('has the last line and the entries of the traceback', () => {
    const failure = toWireFailure(new AgentError('BUSY', 'two\nlines'), 'G3', 'execute');
    expect(toErrorEvent(failure)).toEqual({
      message: 'RuntimeError: two\nlines',
      traceback: 'File "bai-agent", line 1, in execute [BUSY]',
    });
  });
});

describe('fromWireFailure', () => {
  it.each(errorNames().map(({ code }) => code as AgentErrorCode))('gives %s back from both generations', (code) => {
    for (const generation of ['G2', 'G3'] as const) {
      const sent = new AgentError(code, "a 'quoted' text\nof two lines");
      expect(fromWireFailure(toWireFailure(sent, generation, 'execute'))).toMatchObject({
        code,
        message: sent.message,
      });
    }
  });

  it('knows an upstream agent by the class name', () => {
    const upstream = { name: 'InsufficientResource', repr: "InsufficientResource('cpu')", traceback: 'Traceback…' };
    expect(fromWireFailure(upstream)).toMatchObject({ code: 'INSUFFICIENT_RESOURCE', message: upstream.repr });
    expect(fromWireFailure({ name: 'ZeroDivisionError', repr: 'ZeroDivisionError()', traceback: '' })).toBeUndefined();
  });

  it('says what may be tried again', () => {
    const busy = toWireFailure(new AgentError('BUSY', 'x'), 'G3', 'm');
    expect(fromWireFailure(busy)?.retryable).toBe(true);
  });

  it('translates errors of the call itself', () => {
    const wrong = toWireFailure(new DialectError('RPC_WRONG_ARGUMENTS', 'x'), 'G3', 'm');
    expect(fromWireFailure(wrong)).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(fromWireFailure(toWireFailure(new Error('x'), 'G3', 'm'))).toBeUndefined();
  });
});
