import type { KernelState } from '@bai/agent-api';
import { BugError } from '@bai/core';

/**
 * The legal moves of a kernel. `preparing`: recorded, nothing exists yet. `creating`: its slots are taken, its folder and container
 * come into being. `running`: the runner answers. `terminating`: on its way out, nothing may stop it. `terminated`: nothing is left but
 * events to deliver.
 */
const MOVES: Readonly<Record<KernelState, readonly KernelState[]>> = {
  preparing: ['creating', 'terminating'],
  creating: ['running', 'terminating'],
  running: ['terminating'],
  terminating: ['terminated'],
  terminated: [],
};

export function mayMove(from: KernelState, to: KernelState): boolean {
  return MOVES[from].includes(to);
}

/** @throws {BugError} when the table doesn't allow the move. */
export function assertMove(from: KernelState, to: KernelState): void {
  if (!mayMove(from, to)) throw new BugError(`a kernel can't go from '${from}' to '${to}'`);
}
