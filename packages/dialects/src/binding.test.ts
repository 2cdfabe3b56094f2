import { describe, expect, it } from 'vitest';
import { boolean, integer, kernelId, nullable, number, optional, required, text } from './arguments.js';
import { bindArguments, toCallArguments } from './binding.js';

const parameters = [required('kernel_id', text), required('count', integer), optional('force', boolean, false)];
const bind = (
  args: readonly (string | number | boolean | null)[],
  kwargs: Record<string, string | number | boolean | null> = {},
) => bindArguments(parameters, { args, kwargs });

describe('bindArguments', () => {
  it('takes arguments by position, by keyword, and mixed', () => {
    expect(bind(['a', 1, true])).toEqual(['a', 1, true]);
    expect(bind([], { force: true, count: 1, kernel_id: 'a' })).toEqual(['a', 1, true]);
    expect(bind(['a'], { count: 1 })).toEqual(['a', 1, false]);
  });

  it.each([
    [['a', 1, true, 4], {}, 'too many positional arguments'],
    [['a'], {}, "missing a required argument: 'count'"],
    [[], { count: 1 }, "missing a required argument: 'kernel_id'"],
    [['a', 1], { kernel_id: 'b' }, "multiple values for argument 'kernel_id'"],
    [['a', 1], { bogus: 1 }, "got an unexpected keyword argument 'bogus'"],
    [['a', 1], { constructor: 1 }, "got an unexpected keyword argument 'constructor'"],
  ])('refuses %j %j as Python does', (args, kwargs, message) => {
    expect(() => bind(args, { ...kwargs })).toThrow(expect.objectContaining({ code: 'RPC_WRONG_ARGUMENTS', message }));
  });

  it.each([
    [required('x', text), 1, 'x: must be text, got 1'],
    [required('x', integer), 1.5, 'x: must be an integer, got 1.5'],
    [required('x', number), 'a', 'x: must be a number, got "a"'],
    [required('x', boolean), null, 'x: must be true or false, got nothing'],
    [required('x', nullable(text)), [1, 2], 'x: must be text, got a list of 2'],
    [required('x', kernelId), '../../etc', 'x: must be a UUID, got "../../etc"'],
  ])('names the argument and the value', (parameter, value, message) => {
    expect(() => bindArguments([parameter], { args: [value], kwargs: {} })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message }),
    );
  });
});

describe('toCallArguments', () => {
  it('reads nil as a call without arguments', () => {
    expect(toCallArguments(null)).toEqual({ args: [], kwargs: {} });
  });

  it.each([[1], [[]], [{ args: {} }], [{ args: [], kwargs: [] }], ['args']])('refuses %j', (payload) => {
    expect(() => toCallArguments(payload)).toThrow(expect.objectContaining({ code: 'RPC_MALFORMED' }));
  });
});
