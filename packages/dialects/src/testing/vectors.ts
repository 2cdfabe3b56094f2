import { readFileSync } from 'node:fs';
import { z } from 'zod';

const vector = z.object({
  name: z.string(),
  generation: z.string(),
  direction: z.string(),
  frames: z.array(z.string()),
  meaning: z.string(),
});

/** Bytes recorded from upstream's libraries. Frames are as a DEALER sees them. */
export interface Vector extends Omit<z.output<typeof vector>, 'frames'> {
  readonly frames: readonly Buffer[];
}

/** Reads a file of vectors, for example `new URL('../../vectors/rpc.json', import.meta.url)`. */
export function loadVectors(file: URL): readonly Vector[] {
  const { vectors } = z.object({ vectors: z.array(vector) }).parse(JSON.parse(readFileSync(file, 'utf8')));
  return vectors.map((entry) => ({ ...entry, frames: entry.frames.map((frame) => Buffer.from(frame, 'hex')) }));
}
