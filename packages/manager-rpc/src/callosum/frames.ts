import { Buffer } from 'node:buffer';
import type { Generation } from '@bai/dialects';

/** A message between DEALER and ROUTER, told apart by its frames alone. @see spec/01 §3.1 */
export type Framed =
  | { readonly kind: 'message'; readonly generation: Generation; readonly header: Buffer; readonly body: Buffer }
  | { readonly kind: 'ping' | 'pong'; readonly frames: readonly Buffer[] }
  | { readonly kind: 'g1' }
  | { readonly kind: 'unknown' };

const UPPER = Buffer.from('UPPER');
const PING = Buffer.from('PING');
const PONG = Buffer.from('PONG');
const EMPTY = Buffer.alloc(0);

const UNKNOWN: Framed = { kind: 'unknown' };
const G1: Framed = { kind: 'g1' };

/**
 * Tells what frames are: two are Callosum 0.9; three with `UPPER`, `PING` or `PONG` in front of the last two are Callosum 1.0, whatever comes
 * before; four others are aiozmq.
 * @param from index of the first frame that counts: 1 on a ROUTER, where the identity precedes.
 */
export function readFrames(frames: readonly Buffer[], from: number): Framed {
  const count = frames.length - from;
  const body = frames[frames.length - 1] ?? EMPTY;
  const header = frames[frames.length - 2] ?? EMPTY;
  if (count === 2) return { kind: 'message', generation: 'G2', header, body };
  if (count < 3) return UNKNOWN;
  const marker = frames[frames.length - 3] ?? EMPTY;
  if (marker.equals(UPPER)) return { kind: 'message', generation: 'G3', header, body };
  if (marker.equals(PING)) return { kind: 'ping', frames: frames.slice(from) };
  if (marker.equals(PONG)) return { kind: 'pong', frames: frames.slice(from) };
  return count === 4 ? G1 : UNKNOWN;
}

export const framesOf = (generation: Generation, header: Buffer, body: Buffer): readonly Buffer[] =>
  generation === 'G2' ? [header, body] : [UPPER, header, body];

/** `PING` as managers send it. */
export const PING_FRAMES: readonly Buffer[] = [PING, EMPTY, EMPTY];

/** The answer to a `PING`: all the same but for the word. */
export const pongFrames = (ping: readonly Buffer[]): readonly Buffer[] =>
  ping.map((frame, index) => (index === ping.length - 3 ? PONG : frame));
