import { z } from 'zod';

/** What a key is, for people and for the reference page. Kept as the metadata of its schema. */
export interface KeyMeta {
  readonly description: string;
  readonly unit?: string;
  /** Version of this agent that first knew the key. */
  readonly since?: string;
  /** Generation of Backend.AI agents whose files have this key; undefined for keys of our own. */
  readonly upstream?: 'G2' | 'G2+' | 'G3';
  /** Whether a change takes effect without a restart. */
  readonly live?: boolean;
  /** False for keys that are accepted for the sake of existing files, and do nothing in this version. */
  readonly effect?: boolean;
  /** Other names. `aliasesWin` says which value counts when a file has both. */
  readonly aliases?: readonly string[];
  readonly aliasesWin?: boolean;
  /** Never shown. */
  readonly secret?: boolean;
  /** Words for a default that depends on something. */
  readonly defaultText?: string;
}

const SINCE = '0.1.0';

const withMeta = <T extends z.ZodType>(schema: T, meta: KeyMeta): T =>
  schema.meta({ since: SINCE, live: false, effect: true, ...meta });

/** A key with a default, given as an operator would write it. */
export function key<T extends z.ZodType>(
  schema: T,
  fallback: z.core.util.NoUndefined<z.input<T>>,
  meta: KeyMeta,
): z.ZodPrefault<T> {
  return withMeta(z.prefault(schema, fallback), meta);
}

/** A key that may be absent. */
export function optionalKey<T extends z.ZodType>(schema: T, meta: KeyMeta): z.ZodOptional<T> {
  return withMeta(schema.optional(), meta);
}

/** The same for keys that existing files have, and that do nothing in this version. */
export const inert = <T extends z.ZodType>(schema: T, meta: KeyMeta): z.ZodOptional<T> =>
  optionalKey(schema, { ...meta, effect: false });
