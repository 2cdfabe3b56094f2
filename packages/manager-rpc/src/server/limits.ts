/** Bounds of a server, so that no peer can make it grow. */
export interface RpcLimits {
  /** Longest frame in bytes; a longer one ends the connection. Uncompressed bodies have the same bound. Default 128 MiB. */
  readonly maxFrameBytes: number;
  /** Deepest nesting of a message. Default 64. */
  readonly maxDepth: number;
  /** Most elements of a message. Default 500 000. */
  readonly maxItems: number;
  /** Requests at work at the same time, over all clients. One more is answered "busy". Default 4096. */
  readonly maxInFlight: number;
  /** The same for one client. Default 512. */
  readonly maxInFlightPerClient: number;
  /** Bytes of the bodies of all requests at work. One more is answered "busy". Default 512 MiB. */
  readonly maxInFlightBytes: number;
  /** Replies that wait for one slow client; more are dropped. Default 1000. */
  readonly maxQueuedReplies: number;
  /** How long closing waits for aborted requests to end. Milliseconds, default 2000. */
  readonly closeTimeoutMs: number;
}

export const DEFAULT_LIMITS: RpcLimits = {
  maxFrameBytes: 128 * 1024 * 1024,
  maxDepth: 64,
  maxItems: 500_000,
  maxInFlight: 4096,
  maxInFlightPerClient: 512,
  maxInFlightBytes: 512 * 1024 * 1024,
  maxQueuedReplies: 1000,
  closeTimeoutMs: 2000,
};
