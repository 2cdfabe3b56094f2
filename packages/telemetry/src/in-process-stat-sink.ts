import type { KernelStats } from '@bai/agent-api';
import type { KernelId } from '@bai/core';
import type { StatSink } from './stat-sink.js';

/** Keeps the newest sample of each kernel in memory, for this program to read. */
export class InProcessStatSink implements StatSink {
  readonly kind = 'in-process';
  readonly #limit: number;
  /** Least recently published first. */
  readonly #newest = new Map<KernelId, KernelStats>();
  #closed = false;

  /** @param options.limit most kernels; one more throws the least recently published one out. Default 10,000. */
  constructor(options: { readonly limit?: number } = {}) {
    this.#limit = options.limit ?? 10_000;
  }

  publish(stats: KernelStats): void {
    if (this.#closed) return;
    this.#newest.delete(stats.kernelId);
    this.#newest.set(stats.kernelId, stats);
    if (this.#newest.size <= this.#limit) return;
    for (const oldest of this.#newest.keys()) {
      this.#newest.delete(oldest);
      return;
    }
  }

  forget(kernelId: KernelId): void {
    this.#newest.delete(kernelId);
  }

  newest(kernelId: KernelId): KernelStats | undefined {
    return this.#newest.get(kernelId);
  }

  /** The newest sample of every kernel. */
  all(): readonly KernelStats[] {
    return [...this.#newest.values()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#newest.clear();
  }
}
