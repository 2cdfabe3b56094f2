import fc from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { keyPositions, pathKey } from './toml-positions.js';

const at = (text: string, ...path: (string | number)[]) => {
  const position = keyPositions(text).get(pathKey(path));
  return position && `${position.line}:${position.column}`;
};

describe('keyPositions', () => {
  it.each([
    ['a key', 'a = 1', ['a'], '1:1'],
    ['an indented key after a comment', '# a = 2\n\n  a = 1', ['a'], '3:3'],
    ['a key with Windows ends of lines', '# x\r\na = 1\r\nb = 2', ['b'], '3:1'],
    ['a key after a byte order mark', '\uFEFFa = 1', ['a'], '1:2'],
    ['a key of a table', '[t]\na = 1', ['t', 'a'], '2:1'],
    ['a table', '[t]\na = 1', ['t'], '1:2'],
    ['a table with blanks and quotes', '[ "x.y" . z ]\na = 1', ['x.y', 'z', 'a'], '2:1'],
    ['a dotted key', '[t]\na.b.c = 1', ['t', 'a', 'b', 'c'], '2:1'],
    ['the start of a dotted key', 'a.b = 1\na.c = 2', ['a'], '1:1'],
    ['a key of an inline table', 'a = { b = 1, "c d" = { e = 2 } }', ['a', 'c d', 'e'], '1:24'],
    ['a key in an array of inline tables', 'a = [\n  { b = 1 }, # one\n  { b = 2 },\n]', ['a', 1, 'b'], '3:5'],
    ['an element of an array of tables', '[[a]]\nb = 1\n[[a]]\nb = 2', ['a', 1, 'b'], '4:1'],
    ['a table below an array of tables', '[[a]]\n[a.t]\nb = 1\n[[a]]\n[a.t]\nb = 2', ['a', 1, 't', 'b'], '6:1'],
    ['a key after a text with a hash and quotes', 'a = "x # \\" y"\nb = 1', ['b'], '2:1'],
    ['a key after a literal text', "a = 'c:\\'\nb = 1", ['b'], '2:1'],
    ['a key after a long text', 'a = """\nb = 2\n"" """""\nc = 1', ['c'], '4:1'],
    ['a key after a long literal text', "a = '''\nb = 2\n'''\nc = 1", ['c'], '4:1'],
    ['a key after a date', 'a = 1979-05-27T07:32:00Z\nb = 1', ['b'], '2:1'],
    ['a key with an escape', '"a\\u0062" = 1', ['ab'], '1:1'],
  ])('finds %s', (_, text, path, expected) => {
    expect(at(text, ...path)).toBe(expected);
  });

  it('takes no text inside a value for a key', () => {
    expect(at('a = """\nb = 2\n"""', 'b')).toBeUndefined();
  });

  it('finds every key that the parser finds', () => {
    const name = fc.oneof(fc.stringMatching(/^[a-z_-]{1,6}$/), fc.string({ minLength: 1, maxLength: 6 }));
    const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.array(fc.string(), { maxLength: 3 }));
    const table = fc.letrec((tie) => ({
      table: fc.dictionary(
        name,
        fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('table'), tie('tables')),
        {
          maxKeys: 4,
          noNullPrototype: true,
        },
      ),
      tables: fc.array(tie('table'), { minLength: 1, maxLength: 3 }),
    })).table;
    fc.assert(
      fc.property(table, (value) => {
        const text = stringify(value);
        const positions = keyPositions(text);
        for (const path of pathsOf(parse(text))) expect([path, positions.has(pathKey(path))]).toEqual([path, true]);
      }),
    );
  });
});

function pathsOf(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(value)) return value.flatMap((item, index) => pathsOf(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => [[...path, name], ...pathsOf(item, [...path, name])]);
}
