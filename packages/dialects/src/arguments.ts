import { InvalidArgumentError } from '@bai/agent-api';
import { type KernelId, parseKernelId, parseSessionId, type SessionId } from '@bai/core';
import { isWireMap, type WireMap, type WireValue } from './wire-value.js';

/** One argument of a method: its name on the wire, and how its value becomes a domain value. */
export interface Parameter<T> {
  readonly name: string;
  /** For the documentation: `str`, `map`, `list of str`. */
  readonly type: string;
  /** Value for a call that leaves the argument out; without one the argument is required. */
  readonly fallback?: { readonly value: T };
  /** @throws {InvalidArgumentError} naming `field`. */
  parse(value: WireValue, field: string): T;
}

/** Checks and converts one value. */
export type ValueParser<T> = { readonly type: string; parse(value: WireValue, field: string): T };

export const required = <T>(name: string, parser: ValueParser<T>): Parameter<T> => ({ name, ...parser });

export const optional = <T>(name: string, parser: ValueParser<T>, value: T): Parameter<T> => ({
  name,
  ...parser,
  fallback: { value },
});

export const text: ValueParser<string> = {
  type: 'str',
  parse: (value, field) => (typeof value === 'string' ? value : wrongType(field, 'text', value)),
};

export const integer: ValueParser<number> = {
  type: 'int',
  parse: (value, field) =>
    typeof value === 'number' && Number.isInteger(value) ? value : wrongType(field, 'an integer', value),
};

export const number: ValueParser<number> = {
  type: 'float',
  parse: (value, field) =>
    typeof value === 'number' && Number.isFinite(value) ? value : wrongType(field, 'a number', value),
};

export const boolean: ValueParser<boolean> = {
  type: 'bool',
  parse: (value, field) => (typeof value === 'boolean' ? value : wrongType(field, 'true or false', value)),
};

export const bytes: ValueParser<Uint8Array> = {
  type: 'bytes',
  parse: (value, field) => (value instanceof Uint8Array ? value : wrongType(field, 'bytes', value)),
};

export const map: ValueParser<WireMap> = {
  type: 'map',
  parse: (value, field) => (isWireMap(value) ? value : wrongType(field, 'a map', value)),
};

export const list: ValueParser<readonly WireValue[]> = {
  type: 'list',
  parse: (value, field) => (isList(value) ? value : wrongType(field, 'a list', value)),
};

export const anything: ValueParser<WireValue> = { type: 'any', parse: (value) => value };

export const kernelId: ValueParser<KernelId> = { type: 'str (UUID)', parse: uuidParser(parseKernelId) };

export const sessionId: ValueParser<SessionId> = { type: 'str (UUID)', parse: uuidParser(parseSessionId) };

export const nullable = <T>(parser: ValueParser<T>): ValueParser<T | null> => ({
  type: `${parser.type} or null`,
  parse: (value, field) => (value === null ? null : parser.parse(value, field)),
});

const isList = (value: WireValue): value is readonly WireValue[] => Array.isArray(value);

function uuidParser<T>(parse: (value: unknown) => T): (value: WireValue, field: string) => T {
  return (value, field) => {
    try {
      return parse(value);
    } catch (error) {
      throw new InvalidArgumentError(field, `must be a UUID, got ${describeValue(value)}`, { cause: error });
    }
  };
}

function wrongType(field: string, expected: string, value: unknown): never {
  throw new InvalidArgumentError(field, `must be ${expected}, got ${describeValue(value)}`);
}

/** A value for an error message: short, and without the content of structures, which may hold secrets. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (value === null || value === undefined) return 'nothing';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' ? 'a map' : String(value);
}
