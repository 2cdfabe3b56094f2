import { z } from 'zod';
import type { KeyMeta } from './key.js';
import { configSchema } from './schema/config.js';

/** A key of the schema: its dotted path, its schema with the metadata, and the default as an operator would write it. */
export interface Leaf {
  readonly path: readonly string[];
  readonly schema: z.ZodType;
  readonly meta: KeyMeta;
  /** How a value is written, for the reference page. */
  readonly syntax: string;
  /** Undefined when the key may be absent. */
  readonly fallback: unknown;
}

/** The keys of a table of the schema, or undefined when the schema is a value. Looks through defaults and optionality. */
export function tableShape(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? (inner.shape as Record<string, z.ZodType>) : undefined;
}

/** What each element of an array of tables must be, or undefined. */
export function elementOf(schema: z.ZodType): z.ZodType | undefined {
  const inner = unwrap(schema);
  return inner instanceof z.ZodArray ? (inner.element as z.ZodType) : undefined;
}

/** Whether the names in a table are free. */
export const isFreeTable = (schema: z.ZodType): boolean => unwrap(schema) instanceof z.ZodRecord;

/** Whether the value has a host and a port. */
export const isAddress = (schema: z.ZodType): boolean => syntaxOf(schema).startsWith('address');

/** The metadata of a key; of a table, a few empty words. */
export function metaOf(schema: z.ZodType): KeyMeta {
  const meta = z.object({ description: z.string() }).loose().safeParse(schema.meta());
  // `key()` is the only place that writes metadata with a description, and it takes a KeyMeta.
  return meta.success ? (meta.data as KeyMeta) : { description: '' };
}

/** The schema at a canonical path, or undefined. */
export function schemaAt(path: readonly string[]): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((schema, name) => {
    return schema === undefined ? undefined : ownValue(tableShape(schema), name);
  }, configSchema);
}

const ownValue = <T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;

/** All keys, in the order of the schema. */
export const leaves: readonly Leaf[] = collect(configSchema, []);

function collect(schema: z.ZodType, path: readonly string[]): readonly Leaf[] {
  const shape = tableShape(schema);
  if (shape !== undefined) return Object.entries(shape).flatMap(([name, child]) => collect(child, [...path, name]));
  return [{ path, schema, meta: metaOf(schema), syntax: syntaxOf(schema), fallback: fallbackOf(schema) }];
}

function unwrap(schema: z.ZodType): z.ZodType {
  const wrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault;
  return wrapped ? unwrap(schema.unwrap() as z.ZodType) : schema;
}

function fallbackOf(schema: z.ZodType): unknown {
  return schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
}

function syntaxOf(schema: z.ZodType): string {
  const syntax = unwrap(schema).meta()?.['syntax'];
  if (typeof syntax === 'string') return syntax;
  if (isFreeTable(schema)) return 'table';
  return elementOf(schema) === undefined ? 'text' : 'list of tables';
}
