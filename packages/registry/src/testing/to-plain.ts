import type { RegistryTree } from '../port.js';

/** Nested maps as nested objects, to compare and to print. */
export type PlainTree = { readonly [name: string]: string | PlainTree };

export const toPlain = (tree: RegistryTree): PlainTree =>
  Object.fromEntries([...tree].map(([name, value]) => [name, typeof value === 'string' ? value : toPlain(value)]));
