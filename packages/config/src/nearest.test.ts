import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.js';

const KNOWN = ['rpc-listen-addr', 'region', 'id', 'backend', 'mode'];

describe('nearest', () => {
  it.each([
    ['rpc-listn-addr', 'rpc-listen-addr'],
    ['rpc-lisetn-addr', 'rpc-listen-addr'],
    ['backnd', 'backend'],
    ['moed', 'mode'],
    ['regions', 'region'],
    ['id', 'id'],
  ])('takes %s for %s', (typo, meant) => {
    expect(nearest(typo, KNOWN)).toBe(meant);
  });

  it.each(['frobnicate', 'xy', ''])('finds nothing near %j', (name) => {
    expect(nearest(name, KNOWN)).toBeUndefined();
  });

  it('finds the name again after one change anywhere', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KNOWN.filter((name) => name.length > 3)), fc.nat(), (name, seed) => {
        const at = seed % name.length;
        expect(nearest(name.slice(0, at) + name.slice(at + 1), KNOWN)).toBe(name);
        expect(nearest(`${name.slice(0, at)}#${name.slice(at)}`, KNOWN)).toBe(name);
      }),
    );
  });
});
