import { unquoteComponent } from './keys.js';
import type { RegistryTree } from './port.js';

type MutableTree = Map<string, string | MutableTree>;

/** Nests entries by the components of their keys. @see spec/04 §1.2 */
export function buildTree(entries: Iterable<readonly [string, string]>): RegistryTree {
  const root: MutableTree = new Map();
  for (const [key, value] of entries) {
    const names = key.split('/').map(unquoteComponent);
    const last = names.pop() ?? '';
    let node = root;
    for (const name of names) node = descend(node, name);
    const present = node.get(last);
    if (present instanceof Map) present.set('', value);
    else node.set(last, value);
  }
  return root;
}

/** Lays trees over each other at the first level: the first tree that has a name wins all of it. */
export function overlay(trees: readonly RegistryTree[]): RegistryTree {
  return new Map(trees.toReversed().flatMap((tree) => [...tree]));
}

/** The tree under a name; a value that is there already moves under the empty name. */
function descend(node: MutableTree, name: string): MutableTree {
  const present = node.get(name);
  if (present instanceof Map) return present;
  const child: MutableTree = new Map();
  if (present !== undefined) child.set('', present);
  node.set(name, child);
  return child;
}
