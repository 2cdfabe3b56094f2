import { describe, expect, it } from 'vitest';
import { findExclusiveConflict } from './exclusive-slots.js';

const CUDA = ['cuda.device:*-mig', 'cuda.device', 'cuda.shares'];

describe('findExclusiveConflict', () => {
  it.each([
    { slots: ['cuda.device', 'cuda.shares'], conflict: ['cuda.device', 'cuda.shares'] },
    { slots: ['cuda.device:1g-mig', 'cuda.device:2g-mig'], conflict: ['cuda.device:1g-mig', 'cuda.device:2g-mig'] },
    { slots: ['cuda.device', 'cpu'], conflict: undefined },
    { slots: ['cuda.device'], conflict: undefined },
    { slots: ['cudaXdevice', 'cuda.shares'], conflict: undefined },
  ])('$slots', ({ slots, conflict }) => {
    expect(findExclusiveConflict(slots, CUDA)).toEqual(conflict);
  });

  it('reads ? and [ ] of a pattern as a shell does', () => {
    expect(findExclusiveConflict(['a1x', 'a2y'], ['a[12]*', 'b'])).toEqual(['a1x', 'a2y']);
    expect(findExclusiveConflict(['a1', 'a12'], ['a?*'])).toEqual(['a1', 'a12']);
    expect(findExclusiveConflict(['a', 'a12'], ['a?*'])).toBeUndefined();
  });
});
