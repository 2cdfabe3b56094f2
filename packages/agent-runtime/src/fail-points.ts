/** Names of the places at which a test kills the agent: each is right after the step that it is named for took effect. */
export const FAIL_POINTS = [
  'create.recorded',
  'create.slots',
  'create.ports',
  'create.image',
  'create.scratch',
  'create.container',
  'create.runner',
  'create.started',
  'destroy.recorded',
  'destroy.stopped',
  'destroy.container',
  'destroy.scratch',
  'destroy.released',
  'destroy.reported',
] as const;
export type FailPoint = (typeof FAIL_POINTS)[number];

/** Told of each fail-point that is passed. Does nothing outside of crash tests. */
export interface FailPoints {
  reach(point: FailPoint): void;
}

export const noFailPoints: FailPoints = { reach() {} };

/** Ends this process as `kill -9` would when the named point is reached: for crash tests of the whole daemon. */
export function killAt(point: string): FailPoints {
  if (!FAIL_POINTS.some((known) => known === point)) {
    throw new Error(`unknown fail-point '${point}': use one of ${FAIL_POINTS.join(', ')}`);
  }
  return {
    reach(reached) {
      if (reached === point) process.kill(process.pid, 'SIGKILL');
    },
  };
}
