import type { Parameter } from './arguments.js';
import { DialectError, malformed } from './errors.js';
import { isWireMap, type WireMap, type WireValue } from './wire-value.js';

/** Arguments of a call as they come: by position and by keyword. */
export interface CallArguments {
  readonly args: readonly WireValue[];
  readonly kwargs: WireMap;
}

const NO_ARGUMENTS: CallArguments = { args: [], kwargs: {} };

/** Reads the payload of a request: `{"args": […], "kwargs": {…}}`, or nil for a call without arguments. @see spec/01 §3.3 */
export function toCallArguments(payload: WireValue): CallArguments {
  if (payload === null) return NO_ARGUMENTS;
  const args = isWireMap(payload) ? (payload['args'] ?? []) : undefined;
  const kwargs = isWireMap(payload) ? (payload['kwargs'] ?? {}) : undefined;
  if (!Array.isArray(args) || !isWireMap(kwargs)) throw malformed('a request body must be a map with args and kwargs');
  return { args, kwargs };
}

/**
 * Binds arguments to parameters as a Python call does, and parses each value.
 *
 * @returns the values in the order of `parameters`.
 * @throws {DialectError} `RPC_WRONG_ARGUMENTS` with Python's own wording.
 * @throws {InvalidArgumentError} from a parameter's parser.
 */
export function bindArguments(parameters: readonly Parameter<unknown>[], call: CallArguments): unknown[] {
  if (call.args.length > parameters.length) throw wrongArguments('too many positional arguments');
  const left = new Set(Object.keys(call.kwargs));
  const values = parameters.map((parameter, index) => {
    const byName = left.delete(parameter.name);
    if (index < call.args.length) {
      if (byName) throw wrongArguments(`multiple values for argument '${parameter.name}'`);
      return parameter.parse(call.args[index] ?? null, parameter.name);
    }
    if (byName) return parameter.parse(call.kwargs[parameter.name] ?? null, parameter.name);
    if (parameter.fallback === undefined) throw wrongArguments(`missing a required argument: '${parameter.name}'`);
    return parameter.fallback.value;
  });
  const [surplus] = left;
  if (surplus !== undefined) throw wrongArguments(`got an unexpected keyword argument '${surplus.slice(0, 80)}'`);
  return values;
}

const wrongArguments = (message: string): DialectError => new DialectError('RPC_WRONG_ARGUMENTS', message);
