import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkKey, checkPrefix, isBelow, quoteComponent, unquoteComponent } from './keys.js';
import { buildTree, overlay } from './tree.js';

describe('quoteComponent', () => {
  it.each([
    ['localhost:5000/x', 'localhost%3A5000%2Fx'],
    ["it's (a) *test*!", 'it%27s%20%28a%29%20%2Atest%2A%21'],
    ['safe_.-~09AZ', 'safe_.-~09AZ'],
    ['한', '%ED%95%9C'],
    ['100%', '100%25'],
  ])('%s', (text, quoted) => {
    expect(quoteComponent(text)).toBe(quoted);
    expect(unquoteComponent(quoted)).toBe(text);
  });

  it('is undone by unquoteComponent, and makes a component of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
        const quoted = quoteComponent(text);
        expect(unquoteComponent(quoted)).toBe(text);
        expect(quoted).toMatch(/^[A-Za-z0-9_.~%-]*$/);
        expect(checkKey(`a/${quoted}`)).toBe(`a/${quoted}`);
      }),
    );
  });

  it.each(['50%', '%zz', '%ff'])('leaves %s as others wrote it', (text) => {
    expect(unquoteComponent(text)).toBe(text);
  });
});

describe('prefixes', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/b/c', 'a/b', true],
    ['a/b/', 'a/b', true],
    ['a/bc', 'a/b', false],
    ['a', 'a/b', false],
    ['anything', '', true],
  ])('%s below %s: %s', (key, prefix, expected) => {
    expect(isBelow(key, prefix)).toBe(expected);
  });

  it('lose one slash at their end', () => {
    expect(checkPrefix('a/b/')).toBe('a/b');
    expect(() => checkPrefix('a//')).toThrow(expect.objectContaining({ code: 'REGISTRY_INVALID_KEY' }));
  });
});

describe('buildTree', () => {
  it('gives the same tree for any order of the keys', () => {
    const keys = fc.uniqueArray(fc.array(fc.constantFrom('a', 'b', '__proto__'), { minLength: 1, maxLength: 4 }), {
      selector: (names) => names.join('/'),
    });
    fc.assert(
      fc.property(keys, (all) => {
        const entries = all.map((names, index) => [names.join('/'), String(index)] as const);
        expect(buildTree(entries.toReversed())).toEqual(buildTree(entries));
        for (const [key, value] of entries) {
          let node: unknown = buildTree(entries);
          for (const name of key.split('/')) node = node instanceof Map ? node.get(name) : undefined;
          expect(node instanceof Map ? node.get('') : node).toBe(value);
        }
      }),
    );
  });
});

describe('overlay', () => {
  it('takes each name from the first tree that has it', () => {
    const trees = [{ a: '1' }, { a: '2', b: '2' }, { b: '3', c: '3' }].map((each) => buildTree(Object.entries(each)));
    expect(overlay(trees)).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ]),
    );
    expect(overlay([])).toEqual(new Map());
  });
});
