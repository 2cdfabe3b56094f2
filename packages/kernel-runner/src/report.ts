import { writeSync } from 'node:fs';

/** Tells the operator something through the container log. It never goes to the user's output. */
export type Report = (message: string) => void;

/** Writes to the process's own stderr; a closed one is no reason to stop working. */
export const reportToStderr: Report = (message) => {
  try {
    writeSync(2, `[runner] ${message}\n`);
  } catch {
    // Nobody is left who could read it.
  }
};
