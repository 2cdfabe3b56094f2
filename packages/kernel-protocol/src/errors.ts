/** A message of the other side that doesn't follow the protocol. It is logged and dropped; it never ends a connection. */
export class ProtocolError extends Error {
  readonly code = 'KERNEL_PROTOCOL';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
  }
}
