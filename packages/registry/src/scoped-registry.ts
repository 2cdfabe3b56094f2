import { RegistryError } from './errors.js';
import type { KeyValueStore } from './key-value-store.js';
import { checkKey, checkPrefix, isBelow, quoteComponent } from './keys.js';
import type { ReadOptions, ReadScope, Registry, RegistryChange, RegistryTree, Scope, WriteOptions } from './port.js';
import { buildTree, overlay } from './tree.js';

/** Who reads and writes: decides where the scopes `node` and `sgroup` are. */
export interface RegistryIdentity {
  readonly agentId: string;
  /** Without one, the scope `sgroup` is empty and can't be written: agents of the newest generation have none. @see spec/06 §1.6 */
  readonly scalingGroup?: string | undefined;
}

/** Scopes, key rules and nested maps over a flat store. Several agents of one program have one each over the same store. */
export class ScopedRegistry implements Registry {
  readonly #store: KeyValueStore;
  readonly #roots: Readonly<Record<Scope, string | undefined>>;

  /** The store stays the caller's: closing this object leaves it open. */
  constructor(store: KeyValueStore, { agentId, scalingGroup }: RegistryIdentity) {
    this.#store = store;
    this.#roots = {
      global: '',
      sgroup: scalingGroup === undefined ? undefined : `sgroup/${quoteComponent(scalingGroup)}`,
      node: `nodes/agents/${quoteComponent(agentId)}`,
    };
  }

  async get(key: string, options: ReadOptions = {}): Promise<string | undefined> {
    const places = this.#rootsOf(options.scope).map((root) => join(root, checkKey(key)));
    const found = await this.#store.read(places, options);
    return places.map((place) => found.get(place)).find((value) => value !== undefined);
  }

  async getPrefix(prefix: string, options: ReadOptions = {}): Promise<RegistryTree> {
    const places = this.#rootsOf(options.scope).map((root) => joinPrefix(root, checkPrefix(prefix)));
    const found = [...(await this.#store.list(places, options))];
    const trees = places.map((place) => {
      const inside = found.filter(([key]) => isBelow(key, place));
      return buildTree(inside.map(([key, value]) => [relativeTo(key, place), value]));
    });
    return overlay(trees);
  }

  async put(key: string, value: string, options: WriteOptions = {}): Promise<void> {
    await this.#store.write([{ type: 'put', key: this.#place(key, options), value }], options);
  }

  async putMany(entries: Readonly<Record<string, string>>, options: WriteOptions = {}): Promise<void> {
    const places = Object.entries(entries).map(([key, value]) => ({ key: this.#place(key, options), value }));
    if (places.length > 0)
      await this.#store.write(
        places.map((place) => ({ type: 'put', ...place })),
        options,
      );
  }

  async delete(key: string, options: WriteOptions = {}): Promise<void> {
    await this.#store.write([{ type: 'delete', key: this.#place(key, options) }], options);
  }

  async deletePrefix(prefix: string, options: WriteOptions = {}): Promise<void> {
    const place = joinPrefix(this.#root(options.scope ?? 'global'), checkPrefix(prefix));
    if (place === '')
      throw new RegistryError('REGISTRY_INVALID_KEY', 'an empty prefix would delete the whole registry');
    await this.#store.write([{ type: 'delete-prefix', prefix: place }], options);
  }

  async compareAndSet(
    key: string,
    expected: string | undefined,
    value: string,
    options: WriteOptions = {},
  ): Promise<boolean> {
    const place = this.#place(key, options);
    const condition = { key: place, expected };
    return await this.#store.write([{ type: 'put', key: place, value }], { signal: options.signal, condition });
  }

  async *watch(prefix: string, options: WriteOptions = {}): AsyncGenerator<RegistryChange, void> {
    const root = this.#root(options.scope ?? 'global');
    const place = joinPrefix(root, checkPrefix(prefix));
    for await (const change of this.#store.watch(place, options)) {
      yield change.type === 'relist' ? change : { ...change, key: relativeTo(change.key, root) };
    }
  }

  /** Nothing of its own to close. */
  async [Symbol.asyncDispose](): Promise<void> {}

  #place(key: string, options: WriteOptions): string {
    const place = join(this.#root(options.scope ?? 'global'), checkKey(key));
    if (place === '')
      throw new RegistryError('REGISTRY_INVALID_KEY', 'the empty key exists only in the scopes node and sgroup');
    return place;
  }

  #root(scope: Scope): string {
    const root = this.#roots[scope];
    if (root !== undefined) return root;
    throw new RegistryError('REGISTRY_INVALID_KEY', 'this agent has no scaling group: scope sgroup can not be used');
  }

  /** Narrowest first. */
  #rootsOf(scope: ReadScope = 'merged'): string[] {
    const scopes: readonly Scope[] = scope === 'merged' ? ['node', 'sgroup', 'global'] : [scope];
    return scopes.flatMap((each) => this.#roots[each] ?? []);
  }
}

/** A key in a scope. The empty key of a scope is its prefix with a slash: `nodes/agents/i-1/`. @see spec/04 §2.1 */
const join = (root: string, key: string): string => (root === '' ? key : `${root}/${key}`);

const joinPrefix = (root: string, prefix: string): string => (prefix === '' ? root : join(root, prefix));

function relativeTo(key: string, prefix: string): string {
  if (prefix === '') return key;
  return key.slice(prefix.length).replace(/^\//, '');
}
