declare module 'snappyjs' {
  /** @throws when the input is no snappy block, or says that it is longer than `maxLength` when uncompressed. */
  export function uncompress(compressed: Uint8Array, maxLength?: number): Uint8Array;
  export function compress(uncompressed: Uint8Array): Uint8Array;
}
