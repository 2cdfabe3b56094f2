import { isTable } from './canonical.js';
import type { LoadedConfig } from './load.js';
import { formatOrigin, type Origin } from './problems.js';
import { leaves } from './schema-tree.js';

/** One key of an effective configuration. */
export interface ShownKey {
  readonly key: string;
  /** As an operator would write it; secrets are masked. */
  readonly value: unknown;
  readonly origin: Origin;
}

/** Every key that has a value, with where the value came from. */
export function effectiveConfig(loaded: LoadedConfig): readonly ShownKey[] {
  return leaves.flatMap((leaf) => {
    if (!isTable(valueAt(loaded.config, leaf.path.slice(0, -1)))) return [];
    const value = valueAt(loaded.raw, leaf.path) ?? leaf.fallback;
    if (value === undefined) return [];
    const shown = leaf.meta.secret === true ? '***' : value;
    return [{ key: leaf.path.join('.'), value: shown, origin: loaded.originOf(leaf.path) }];
  });
}

/** Keys that some source has set, and that do nothing in this version. */
export function keysWithoutEffect(loaded: LoadedConfig): readonly string[] {
  const set = leaves.filter((leaf) => leaf.meta.effect === false && valueAt(loaded.raw, leaf.path) !== undefined);
  return set.map((leaf) => leaf.path.join('.'));
}

/** The effective configuration as TOML, each value with its origin. */
export function showConfig(loaded: LoadedConfig): string {
  // Keys without a table come first: below a header they would belong to it.
  const blocks = new Map<string, string[]>([['', []]]);
  for (const { key, value, origin } of effectiveConfig(loaded)) {
    const names = key.split('.');
    const table = names.slice(0, -1).join('.');
    const lines = blocks.get(table) ?? [];
    blocks.set(table, [...lines, `${names.at(-1)} = ${inline(value)}  # ${formatOrigin(origin)}`]);
  }
  const texts = [...blocks].map(([table, lines]) => [...(table === '' ? [] : [`[${table}]`]), ...lines].join('\n'));
  return `${texts.filter((text) => text !== '').join('\n\n')}\n`;
}

function valueAt(table: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((place, name) => (isTable(place) ? place[name] : undefined), table);
}

/** A value as TOML writes it within one line. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return JSON.stringify(value);
  if (!isTable(value)) return String(value);
  return `{ ${Object.entries(value)
    .map(([name, item]) => `${inlineKey(name)} = ${inline(item)}`)
    .join(', ')} }`;
}

const inlineKey = (name: string): string => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name));
