import type { KernelId } from '@bai/core';
import type { LogSink } from './log-sink.js';

interface Log {
  readonly chunks: Uint8Array[];
  size: number;
  dropped: number;
  finished: boolean;
}

/** A kernel's log as far as it was kept. */
export interface KeptLog {
  /** The newest bytes. */
  readonly bytes: Uint8Array;
  /** Bytes before them that were thrown away. */
  readonly dropped: number;
  readonly finished: boolean;
}

/** Keeps the newest part of the newest logs in memory, for this program to read. */
export class InProcessLogSink implements LogSink {
  readonly kind = 'in-process';
  readonly #maxBytes: number;
  readonly #maxLogs: number;
  readonly #logs = new Map<KernelId, Log>();
  #closed = false;

  /** @param options `maxBytes` per log (default 1 MiB) and `maxLogs` (default 100): the oldest goes first. */
  constructor(options: { readonly maxBytes?: number; readonly maxLogs?: number } = {}) {
    this.#maxBytes = options.maxBytes ?? 1024 * 1024;
    this.#maxLogs = options.maxLogs ?? 100;
  }

  append(kernelId: KernelId, chunk: Uint8Array): void {
    if (this.#closed) return;
    const log = this.#open(kernelId);
    const kept = chunk.slice(Math.max(0, chunk.length - this.#maxBytes));
    log.chunks.push(kept);
    log.size += kept.length;
    log.dropped += chunk.length - kept.length;
    this.#trim(log);
  }

  finish(kernelId: KernelId): void {
    if (!this.#closed) this.#open(kernelId).finished = true;
  }

  read(kernelId: KernelId): KeptLog | undefined {
    const log = this.#logs.get(kernelId);
    if (log === undefined) return undefined;
    return { bytes: Buffer.concat(log.chunks), dropped: log.dropped, finished: log.finished };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#logs.clear();
  }

  #open(kernelId: KernelId): Log {
    const present = this.#logs.get(kernelId);
    if (present !== undefined && !present.finished) return present;
    const log: Log = { chunks: [], size: 0, dropped: 0, finished: false };
    this.#logs.delete(kernelId);
    this.#logs.set(kernelId, log);
    for (const oldest of this.#logs.keys()) {
      if (this.#logs.size <= this.#maxLogs) break;
      this.#logs.delete(oldest);
    }
    return log;
  }

  #trim(log: Log): void {
    for (let first = log.chunks[0]; first !== undefined && log.size > this.#maxBytes; first = log.chunks[0]) {
      const surplus = Math.min(first.length, log.size - this.#maxBytes);
      if (surplus === first.length) log.chunks.shift();
      else log.chunks[0] = first.subarray(surplus);
      log.size -= surplus;
      log.dropped += surplus;
    }
  }
}
