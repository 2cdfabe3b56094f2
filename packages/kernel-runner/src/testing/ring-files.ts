import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RingFile } from '../log/ring-file.js';

/** A ring file in a folder of its own; both are gone after the test. */
export function temporaryRing(capacity: number): RingFile {
  const directory = mkdtempSync(join(tmpdir(), 'bai-ring-'));
  try {
    return RingFile.open(join(directory, 'spool'), capacity);
  } finally {
    // The descriptor stays good, as it does in a kernel whose spool folder was unmounted.
    rmSync(directory, { recursive: true });
  }
}

/** A disk that is full from the start. */
export class FullRing extends RingFile {
  constructor(capacity: number) {
    super(-1, capacity);
  }

  override write(): void {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  }

  override [Symbol.dispose](): void {}
}
