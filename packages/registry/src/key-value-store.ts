import type { WaitOptions } from '@bai/core';
import type { RegistryChange } from './port.js';

export type KeyValueWrite =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'delete'; readonly key: string }
  /** A key and all below it. */
  | { readonly type: 'delete-prefix'; readonly prefix: string };

export interface KeyValueCondition {
  readonly key: string;
  /** Undefined: the key doesn't exist. */
  readonly expected: string | undefined;
}

/**
 * The flat store under a {@link Registry}: full logical keys without scopes. What an implementation for another store (etcd) has to
 * provide; {@link ScopedRegistry} makes the rest of it. Errors, signals and the rule of `relist` are those of the `Registry`.
 */
export interface KeyValueStore extends AsyncDisposable {
  /** The values of the keys that exist, at one moment. */
  read(keys: readonly string[], options?: WaitOptions): Promise<ReadonlyMap<string, string>>;

  /** All keys of some prefixes (each: the key itself and all below it), at one moment, sorted by key. */
  list(prefixes: readonly string[], options?: WaitOptions): Promise<ReadonlyMap<string, string>>;

  /** Makes all changes at once, if the condition holds. False when it doesn't. The changes touch each key once. */
  write(
    changes: readonly KeyValueWrite[],
    options?: WaitOptions & { readonly condition?: KeyValueCondition },
  ): Promise<boolean>;

  /** Changes of a prefix. */
  watch(prefix: string, options?: WaitOptions): AsyncIterable<RegistryChange>;
}
