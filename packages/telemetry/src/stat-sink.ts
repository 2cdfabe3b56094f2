import type { KernelStats } from '@bai/agent-api';
import type { KernelId } from '@bai/core';

/**
 * Where the figures of kernels go. Lossy by contract: a method returns at once, never throws, and keeps only what its bound allows;
 * a newer sample of a kernel replaces an older one that was not handed on yet.
 */
export interface StatSink extends AsyncDisposable {
  /** Short name for people: `in-process`, `redis`. */
  readonly kind: string;

  publish(stats: KernelStats): void;

  /** The kernel has ended: its last sample may go. */
  forget(kernelId: KernelId): void;
}
