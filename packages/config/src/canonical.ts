import type { z } from 'zod';
import { nearest } from './nearest.js';
import { elementOf, leaves, metaOf, tableShape } from './schema-tree.js';

/** What a file, or a part of one, holds before anything is known about it. */
export type RawTable = Record<string, unknown>;

export const isTable = (value: unknown): value is RawTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Told of each key: where it stood, and its canonical place; undefined with a hint when nobody knows it. */
export interface KeyVisitor {
  known(written: readonly (string | number)[], canonical: readonly (string | number)[]): void;
  unknown(written: readonly (string | number)[], hint: string | undefined): void;
  /** The same key under two names: the first counts. */
  doubled(used: readonly (string | number)[], ignored: readonly (string | number)[]): void;
}

type Path = readonly (string | number)[];

/** Copies a table with each key under its canonical name. Keys that nobody knows are left out. */
export function canonicalTable(
  table: RawTable,
  schema: z.ZodType,
  visitor: KeyVisitor,
  written: Path = [],
  canonical: Path = [],
): RawTable {
  const shape = tableShape(schema) ?? {};
  const result: RawTable = {};
  const takenFrom = new Map<string, Path>();
  for (const [name, value] of byPrecedence(Object.entries(table), shape)) {
    const target = canonicalName(name, shape);
    const from = [...written, name];
    if (target === undefined) {
      visitor.unknown(from, hintFor(name, from, shape));
      continue;
    }
    const earlier = takenFrom.get(target);
    if (earlier !== undefined) {
      visitor.doubled(earlier, from);
      continue;
    }
    takenFrom.set(target, from);
    const to = [...canonical, target];
    visitor.known(from, to);
    result[target] = canonicalValue(value, shape[target], visitor, from, to);
  }
  return result;
}

function canonicalValue(
  value: unknown,
  schema: z.ZodType | undefined,
  visitor: KeyVisitor,
  from: Path,
  to: Path,
): unknown {
  if (schema === undefined) return value;
  if (isTable(value) && tableShape(schema) !== undefined) return canonicalTable(value, schema, visitor, from, to);
  const element = elementOf(schema);
  if (!Array.isArray(value) || element === undefined) return value;
  return value.map((item: unknown, index) => canonicalValue(item, element, visitor, [...from, index], [...to, index]));
}

/** Canonical name of a key of this table: kebab-case, snake_case and aliases are known. */
export function canonicalName(name: string, shape: Readonly<Record<string, z.ZodType>>): string | undefined {
  const kebab = name.replaceAll('_', '-');
  if (Object.hasOwn(shape, kebab)) return kebab;
  return Object.keys(shape).find((key) => aliasesOf(shape[key]).includes(kebab));
}

const aliasesOf = (schema: z.ZodType | undefined): readonly string[] =>
  schema === undefined ? [] : (metaOf(schema).aliases ?? []);

/** Names that win come first. */
function byPrecedence(entries: [string, unknown][], shape: Readonly<Record<string, z.ZodType>>): [string, unknown][] {
  const rank = ([name]: [string, unknown]): number => {
    const target = canonicalName(name, shape);
    const schema = target === undefined ? undefined : shape[target];
    const isAlias = target !== name.replaceAll('_', '-');
    return schema !== undefined && isAlias !== (metaOf(schema).aliasesWin ?? false) ? 1 : 0;
  };
  return entries.sort((a, b) => rank(a) - rank(b));
}

function hintFor(name: string, path: Path, shape: Readonly<Record<string, z.ZodType>>): string | undefined {
  const kebab = name.replaceAll('_', '-');
  const siblings = Object.keys(shape).flatMap((key) => [key, ...aliasesOf(shape[key])]);
  const elsewhere = leaves.find((leaf) => leaf.path.at(-1) === kebab);
  const sibling = nearest(kebab, siblings);
  if (sibling !== undefined) return [...path.slice(0, -1), sibling].join('.');
  return elsewhere?.path.join('.');
}
