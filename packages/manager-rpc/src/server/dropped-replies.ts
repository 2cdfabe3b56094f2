import type { Buffer } from 'node:buffer';
import type { Logger } from '@bai/core';

const QUIET_MS = 1000;

/** Reports replies that a slow client cost itself: one line a second at most, with their number. */
export class DroppedReplies {
  readonly #log: Logger;
  #unreported = 0;
  #reportedAt = -QUIET_MS;

  constructor(log: Logger) {
    this.#log = log;
  }

  note(identity: Buffer, error: unknown): void {
    this.#unreported += 1;
    const now = performance.now();
    if (now - this.#reportedAt < QUIET_MS) return;
    const fields = { client: identity.toString('hex'), replies: this.#unreported, error };
    this.#log.warn('RPC replies dropped: a client reads too slowly', fields);
    this.#unreported = 0;
    this.#reportedAt = now;
  }
}
