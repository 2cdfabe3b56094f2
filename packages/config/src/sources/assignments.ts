import { parse } from 'smol-toml';
import type { z } from 'zod';
import { canonicalName, isTable, type RawTable } from '../canonical.js';
import { nearest } from '../nearest.js';
import type { Origin, Problem } from '../problems.js';
import { configSchema } from '../schema/config.js';
import { isAddress, isFreeTable, leaves, schemaAt, tableShape } from '../schema-tree.js';
import { hostPort } from '../values.js';
import { BINDINGS } from './bindings.js';

/** One `KEY=VALUE` from the environment, an option or `--set`, on its way into the configuration. */
export interface SourcedAssignment {
  readonly key: string;
  readonly text: string;
  readonly origin: Origin;
}

/** What the environment says. Empty variables count as absent. */
export function fromEnvironment(env: Readonly<Record<string, string | undefined>>): readonly SourcedAssignment[] {
  return BINDINGS.flatMap((binding) => {
    const text = binding.env === undefined ? undefined : env[binding.env];
    if (binding.env === undefined || text === undefined || text === '') return [];
    return assignmentsOf(binding, text, { kind: 'environment', name: binding.env });
  });
}

/** What options of the command line say: option name without dashes to its text. */
export function fromFlags(flags: Readonly<Record<string, string>>): readonly SourcedAssignment[] {
  return BINDINGS.flatMap((binding) => {
    const text = binding.flag === undefined ? undefined : flags[binding.flag];
    if (binding.flag === undefined || text === undefined) return [];
    return assignmentsOf(binding, text, { kind: 'flag', name: binding.flag });
  });
}

function assignmentsOf(
  { key, assign }: (typeof BINDINGS)[number],
  text: string,
  origin: Origin,
): readonly SourcedAssignment[] {
  return (assign?.(text) ?? [{ key, text }]).map((assignment) => ({ ...assignment, origin }));
}

/** What `--set KEY=VALUE` says; the value may be any TOML value, or plain text. */
export function fromSet(sets: readonly string[]): { assignments: SourcedAssignment[]; problems: Problem[] } {
  const assignments: SourcedAssignment[] = [];
  const problems: Problem[] = [];
  for (const text of sets) {
    const equals = keyEnd(text);
    const key = equals > 0 ? text.slice(0, equals).trim() : text;
    const origin: Origin = { kind: 'set', key };
    if (equals > 0) assignments.push({ key, text: text.slice(equals + 1).trim(), origin });
    else problems.push({ origin, key: '', message: 'must be KEY=VALUE, for example agent.id=i-node01' });
  }
  return { assignments, problems };
}

/** Index of the first equals sign outside quotes, or -1. */
const keyEnd = (text: string): number => /^(?:"(?:\\.|[^"\\])*"|'[^']*'|[^"'=])*(?==)/.exec(text)?.[0].length ?? -1;

/** Writes an assignment into the canonical table. Answers with the canonical path of its key, or with what is wrong. */
export function assign(
  table: RawTable,
  { key, text, origin }: SourcedAssignment,
): { readonly path: readonly string[] } | { readonly problem: Problem } {
  const path = canonicalPath(key);
  if (path === undefined) return { problem: { origin, key, message: unknownKey(key) } };
  const schema = schemaAt(path);
  if (schema !== undefined && tableShape(schema) !== undefined) {
    return { problem: { origin, key, message: 'is a table: name one of its keys' } };
  }
  write(table, path, schema === undefined ? freeValue(text) : valueFor(schema, text));
  const leaf = leaves.find((candidate) => candidate.path.every((name, index) => name === path[index]));
  return { path: leaf?.path ?? path };
}

export function unknownKey(key: string, hint = hintFor(key)): string {
  return `nobody knows this key${hint === undefined ? '' : `: did you mean ${hint}?`}`;
}

function hintFor(key: string): string | undefined {
  const last = key.split('.').at(-1) ?? '';
  const dotted = leaves.map((leaf) => leaf.path.join('.'));
  return nearest(key.replaceAll('_', '-'), dotted) ?? dotted.find((name) => name.split('.').at(-1) === last);
}

/** The canonical path of a dotted key. It may lead into a free table, or to `host` or `port` of an address. */
function canonicalPath(key: string): readonly string[] | undefined {
  const names = dottedNames(key);
  const path: string[] = [];
  let schema: z.ZodType | undefined = configSchema;
  for (const name of names ?? []) {
    const shape: Readonly<Record<string, z.ZodType>> | undefined =
      schema === undefined ? undefined : tableShape(schema);
    if (shape === undefined) {
      if (schema !== undefined && !takesName(schema, name)) return undefined;
      path.push(name);
      schema = undefined;
      continue;
    }
    const canonical = canonicalName(name, shape);
    if (canonical === undefined) return undefined;
    path.push(canonical);
    schema = shape[canonical];
  }
  return names === undefined ? undefined : path;
}

/** Whether a key that is no table of the schema has keys below it all the same. */
const takesName = (schema: z.ZodType, name: string): boolean =>
  isFreeTable(schema) || (isAddress(schema) && (name === 'host' || name === 'port'));

/** `logging.pkg-ns."ai.backend"` as its three names. */
function dottedNames(key: string): readonly string[] | undefined {
  const names: string[] = [];
  let table: unknown;
  try {
    table = parse(`${key} = 0`);
  } catch {
    return undefined;
  }
  while (isTable(table)) {
    const [name] = Object.keys(table);
    if (name === undefined) return undefined;
    names.push(name);
    table = table[name];
  }
  return names;
}

/** The text itself where the key takes it; else what it is in TOML, so that `true`, `5` and `["a"]` work. */
function valueFor(schema: z.ZodType, text: string): unknown {
  const value = freeValue(text);
  const isQuoted = /^["']/.test(text) && typeof value === 'string';
  if (isQuoted || (value !== text && !schema.safeParse(text).success)) return value;
  return text;
}

function freeValue(text: string): unknown {
  try {
    const table = parse(`value = ${text}`);
    return Object.keys(table).length === 1 ? table['value'] : text;
  } catch {
    return text;
  }
}

function write(table: RawTable, path: readonly string[], value: unknown): void {
  let place = table;
  for (const [index, name] of path.slice(0, -1).entries()) {
    const existing = Object.hasOwn(place, name) ? place[name] : undefined;
    const next = isTable(existing) ? { ...existing } : startOf(existing, path.slice(0, index + 1));
    place[name] = next;
    place = next;
  }
  const last = path.at(-1);
  if (last !== undefined) place[last] = value;
}

/** What a table begins with when one of its keys is set: an address keeps its other half. */
function startOf(existing: unknown, path: readonly string[]): RawTable {
  const leaf = leaves.find((candidate) => candidate.path.join('.') === path.join('.'));
  if (leaf === undefined) return {};
  const address = hostPort({ blank: true, anyPort: true }).safeParse(existing ?? leaf.fallback);
  return address.success ? { ...address.data } : {};
}
