import type { WaitOptions } from '@bai/core';

/** Where a key lives: for the whole cluster, for one scaling group, or for this agent. @see spec/04 §1.2 */
export type Scope = 'global' | 'sgroup' | 'node';

/** `merged` looks into `node`, `sgroup` and `global`, in that order; the first that has the key wins, also with an empty value. */
export type ReadScope = Scope | 'merged';

export interface ReadOptions extends WaitOptions {
  /** Default `merged`. */
  readonly scope?: ReadScope | undefined;
}

export interface WriteOptions extends WaitOptions {
  /** Default `global`. */
  readonly scope?: Scope | undefined;
}

/**
 * Keys below a prefix as nested maps, with percent-decoded names. A key that has a value and keys below it keeps its own value
 * under the empty name: `a`=`1`, `a/x`=`2` is `{ a: { '': '1', x: '2' } }`. @see spec/04 §1.2
 */
export interface RegistryTree extends ReadonlyMap<string, string | RegistryTree> {}

/**
 * What a watch tells. Keys are as a caller of `get` in the same scope writes them.
 *
 * **`relist`** means: something may have changed that is not told one by one; read again what you need of the prefix. It is always the
 * first thing that a watch tells, once it stands: who reads at that moment and follows what comes then misses nothing. It comes
 * again after a lost connection, and where a reader is so slow that the changes between are thrown away. A change that was in the
 * reading already may be told again.
 */
export type RegistryChange =
  | { readonly type: 'relist' }
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'delete'; readonly key: string };

/**
 * The configuration of a cluster: text values under keys such as `config/agent/container-logs/max-length`. Components of a key that
 * may hold `/` or `:` are quoted by the caller with {@link quoteComponent}.
 *
 * A *prefix* is a key and all below it: `nodes/agents/i-1` covers `nodes/agents/i-1` and `nodes/agents/i-1/ip`, not `nodes/agents/i-10`.
 *
 * All methods reject with `REGISTRY_INVALID_KEY` for a bad key, `REGISTRY_UNAVAILABLE` (retryable) when the store can't be reached or
 * written, and `REGISTRY_CLOSED` after disposal. An aborted `signal` ends the wait with its reason; a write may have taken place.
 */
export interface Registry extends AsyncDisposable {
  /** The value of a key, or undefined. */
  get(key: string, options?: ReadOptions): Promise<string | undefined>;

  /**
   * A prefix as nested maps, read at one moment. With `merged`, a first-level name of the node hides the whole of the same name of
   * the wider scopes: they are laid over each other only at that level.
   */
  getPrefix(prefix: string, options?: ReadOptions): Promise<RegistryTree>;

  put(key: string, value: string, options?: WriteOptions): Promise<void>;

  /** Writes all entries or none. */
  putMany(entries: Readonly<Record<string, string>>, options?: WriteOptions): Promise<void>;

  /** Deletes one key; one that isn't there is fine. */
  delete(key: string, options?: WriteOptions): Promise<void>;

  /** Deletes a key and all below it. The prefix may be empty only in the scopes `node` and `sgroup`. */
  deletePrefix(prefix: string, options?: WriteOptions): Promise<void>;

  /** Writes the value if the key has the expected one (undefined: doesn't exist). False when it hasn't. */
  compareAndSet(key: string, expected: string | undefined, value: string, options?: WriteOptions): Promise<boolean>;

  /**
   * Changes of a prefix in one scope, by whomever, in their order. See {@link RegistryChange} for the rule of `relist`.
   * The watch stands from the first reading on; it ends when the registry is closed, and rejects with the reason of `signal`.
   */
  watch(prefix: string, options?: WriteOptions): AsyncIterable<RegistryChange>;
}
