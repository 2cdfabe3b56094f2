const MIB = 1024 * 1024;

/** Bounds of one kernel's connection. Sizes in bytes, times in milliseconds. */
export interface KernelIoLimits {
  /** Longer stdout and stderr records are cut. @see spec/03 §5.5 */
  readonly recordBytes: number;
  /** Output that waits in memory: above either number nothing more is taken from the runner. */
  readonly heldRecords: number;
  readonly heldBytes: number;
  /**
   * An answer ends with `continued` once it holds this much; it may be one record longer. The runner's spool must be larger: it keeps an
   * answer until the client confirms it.
   */
  readonly answerBytes: number;
  /** How far the runner may send ahead of our acknowledgements. */
  readonly windowBytes: number;
  /** A message above this size makes zeromq cut the connection. */
  readonly messageBytes: number;
  /** How long `complete` waits for its answer. */
  readonly completionMs: number;
  /** How long the end of a run stays there for a client that lost its answer. */
  readonly lingerMs: number;
  /** A run whose client hasn't called for so long gives way to the calls that it holds up. */
  readonly abandonedMs: number;
  /** Runs that are known at once: waiting for their turn, at work, or ended a moment ago. */
  readonly runs: number;
}

export const DEFAULT_LIMITS: KernelIoLimits = {
  recordBytes: 10 * MIB,
  heldRecords: 4096,
  heldBytes: 16 * MIB,
  answerBytes: 4 * MIB,
  windowBytes: MIB,
  messageBytes: 64 * MIB,
  completionMs: 5_000,
  lingerMs: 60_000,
  abandonedMs: 10_000,
  runs: 64,
};
