import type { KernelId } from '@bai/core';

/**
 * Where the log of a kernel's container goes when the kernel ends. Lossy by contract: a method returns at once, never throws, and keeps
 * only what its bound allows. @see spec/04 §8
 */
export interface LogSink extends AsyncDisposable {
  /** Short name for people: `in-process`, `redis`. */
  readonly kind: string;

  /** Adds bytes to the log of a kernel. The sink copies what it keeps. */
  append(kernelId: KernelId, chunk: Uint8Array): void;

  /** The log of a kernel is complete. What comes later for the same kernel begins a new log. */
  finish(kernelId: KernelId): void;
}
