import { BoundedQueue } from '@bai/core';
import { isBelow } from './keys.js';
import type { RegistryChange } from './port.js';

/** Changes that wait for one slow reader before they are replaced by one `relist`. */
const CAPACITY = 1000;

interface Watcher {
  readonly prefix: string;
  /** Wakes the reader; the changes themselves are in `changes`. */
  readonly wake: BoundedQueue<true>;
  changes: RegistryChange[];
}

/** The readers of one store's changes. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();
  #closed = false;

  /** Tells everyone whom it concerns. */
  tell(change: Exclude<RegistryChange, { readonly type: 'relist' }>): void {
    for (const watcher of this.#watchers) {
      if (!isBelow(change.key, watcher.prefix)) continue;
      if (watcher.changes.length < CAPACITY) watcher.changes.push(change);
      else watcher.changes = [{ type: 'relist' }];
      watcher.wake.offer(true);
    }
  }

  async *watch(prefix: string, signal: AbortSignal | undefined): AsyncGenerator<RegistryChange, void> {
    signal?.throwIfAborted();
    const watcher: Watcher = { prefix, wake: new BoundedQueue(1, 'reject'), changes: [{ type: 'relist' }] };
    this.#watchers.add(watcher);
    if (this.#closed) watcher.wake.close();
    watcher.wake.offer(true);
    try {
      while ((await watcher.wake.shift(signal)) !== undefined) {
        const changes = watcher.changes;
        watcher.changes = [];
        yield* changes;
        signal?.throwIfAborted();
      }
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers) watcher.wake.close();
  }
}
