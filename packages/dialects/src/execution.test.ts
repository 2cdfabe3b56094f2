import type { ExecutionResult } from '@bai/agent-api';
import { parseKernelId } from '@bai/core';
import { describe, expect, it } from 'vitest';
import { fromExecutionResult, toExecuteCommand } from './execution.js';
import { MsgpackEncoder } from './msgpack/encoder.js';
import { exampleResult } from './testing/examples.js';

const kernelId = parseKernelId('6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e21');
const call = { kernelId, runId: 'r1', mode: 'query', code: 'x', opts: {}, flushTimeout: 2 };
const hex = (value: object): string => new MsgpackEncoder().encode(value).toString('hex');

describe('toExecuteCommand', () => {
  it('converts seconds, and null for the end of the run', () => {
    expect(toExecuteCommand({ ...call, flushTimeout: 0.2 }).flushTimeoutMs).toBe(200);
    expect(toExecuteCommand({ ...call, flushTimeout: -1 }).flushTimeoutMs).toBe(0);
    expect(toExecuteCommand({ ...call, flushTimeout: null }).flushTimeoutMs).toBeNull();
  });

  it('reads the steps of a batch only for a batch', () => {
    const opts = { clean: null, build: 'make', exec: './a.out' };
    expect(toExecuteCommand({ ...call, mode: 'batch', opts }).batch).toEqual({
      clean: '',
      build: 'make',
      exec: './a.out',
    });
    expect(toExecuteCommand({ ...call, opts: { build: 7 } }).batch.build).toBe('');
    expect(() => toExecuteCommand({ ...call, mode: 'batch', opts: { build: 7 } })).toThrow(
      'opts.build: must be text, got 7',
    );
  });

  it('treats an unknown mode like continue, and an empty run id like none', () => {
    expect(toExecuteCommand({ ...call, mode: 'dance', runId: '' })).toMatchObject({ mode: 'continue', runId: null });
  });

  it('reads our keys', () => {
    expect(toExecuteCommand({ ...call, opts: { 'bai-cursor': 12, 'bai-eager': true } })).toMatchObject({
      cursor: 12,
      eager: true,
    });
    expect(toExecuteCommand({ ...call, opts: null })).toMatchObject({ cursor: null, eager: false });
    for (const bad of [-1, 1.5, 'x']) {
      expect(() => toExecuteCommand({ ...call, opts: { 'bai-cursor': bad } })).toThrow('opts.bai-cursor');
    }
    expect(() => toExecuteCommand({ ...call, opts: { 'bai-eager': 1 } })).toThrow(
      'opts.bai-eager: must be true or false',
    );
  });
});

describe('fromExecutionResult', () => {
  // The bytes of spec/02 §5.6.
  it('has the bytes that upstream sends', () => {
    expect(hex(fromExecutionResult(exampleResult, 2, {}))).toBe(
      '86a572756e4964a27231a6737461747573a866696e6973686564a865786974436f646500a76f7074696f6e73c0a7636f6e736f6c659192a67374646f7574a668656c6c6f0aa566696c657390',
    );
    const continued: ExecutionResult = {
      ...exampleResult,
      status: 'continued',
      exitCode: null,
      console: [
        { type: 'stdout', text: 'a' },
        { type: 'media', mime: 'image/png', data: 'data:...' },
      ],
    };
    expect(hex(fromExecutionResult(continued, 3, null))).toBe(
      '86a572756e4964a27231a6737461747573a9636f6e74696e756564a865786974436f6465c0a76f7074696f6e73c0a7636f6e736f6c659292a67374646f7574a16192a56d6564696192a9696d6167652f706e67a8646174613a2e2e2ea566696c657390',
    );
  });

  it('adds our keys only for callers that know them', () => {
    expect(fromExecutionResult(exampleResult, 3, {})).not.toHaveProperty('bai-cursor');
    expect(fromExecutionResult({ ...exampleResult, droppedBytes: 3 }, 3, { 'bai-eager': false })).toMatchObject({
      'bai-cursor': 6,
      'bai-dropped': 3,
    });
  });

  it('separates the streams for API version 1', () => {
    const console: ExecutionResult['console'] = [
      { type: 'stdout', text: 'a' },
      { type: 'stderr', text: 'E' },
      { type: 'log', text: 'l' },
      { type: 'completion', text: 'c' },
      { type: 'html', text: '<b>' },
      { type: 'media', mime: 'image/png', data: 'd' },
      { type: 'stdout', text: 'b' },
    ];
    expect(fromExecutionResult({ ...exampleResult, console }, 1, null)).toEqual({
      runId: 'r1',
      status: 'finished',
      exitCode: 0,
      options: null,
      stdout: 'ab',
      stderr: 'E',
      media: [['image/png', 'd']],
      html: ['<b>'],
      files: [],
    });
  });
});
