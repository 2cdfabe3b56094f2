import type { KernelState } from '@bai/agent-api';
import { BugError } from '@bai/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertMove, mayMove } from './states.js';

const STATES: readonly KernelState[] = ['preparing', 'creating', 'running', 'terminating', 'terminated'];

describe('the state table', () => {
  it('leads every kernel to its end, whatever moves it makes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 10, maxLength: 10 }), (choices) => {
        let state: KernelState = 'preparing';
        for (const choice of choices) {
          const next: readonly KernelState[] = STATES.filter((candidate) => mayMove(state, candidate));
          state = next[choice % Math.max(1, next.length)] ?? state;
        }
        expect(state).toBe('terminated');
      }),
    );
  });

  it('lets nothing out of an end', () => {
    expect(STATES.filter((state) => mayMove('terminated', state))).toEqual([]);
    expect(STATES.filter((state) => mayMove('terminating', state))).toEqual(['terminated']);
  });

  it('takes an illegal move for a bug', () => {
    expect(() => assertMove('terminating', 'running')).toThrow(BugError);
    expect(() => assertMove('preparing', 'creating')).not.toThrow();
  });
});
