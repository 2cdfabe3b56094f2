import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../scripts/steps.mjs';

const CODE = /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)'/g;

/** Where a source names a code: a closed union, the first argument of an error's constructor, or a field. */
const PLACES = [
  /type \w*ErrorCode\s*=[^;]*;/g,
  /(?:super|new \w*Error)\(\s*'[A-Z][A-Z0-9_]*'/g,
  /readonly code\s*[=:]\s*'[A-Z][^;]*;/g,
];

const sources = ['packages', 'apps'].flatMap(productFiles).map((path) => ({ path, text: readFileSync(path, 'utf8') }));
const rows = [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `(\w+)` \|([^|]*)\|([^|]*)\|$/gm)];

describe('docs/errors.md', () => {
  const used = [...new Set(sources.flatMap(({ text }) => codesIn(text)))].sort();
  const listed = rows.map(([, code]) => String(code)).sort();

  it('lists every code of the sources once, and no other', () => {
    expect(listed).toEqual(used);
  });

  it('says of each what it means and what to do', () => {
    const thin = rows.filter(([, , meaning, remedy]) => String(meaning).trim() === '' || String(remedy).trim() === '');
    expect(thin.map(([, code]) => code)).toEqual([]);
  });
});

describe('the search for error codes', () => {
  it('finds each way in which a code is written', () => {
    const text = `
      export type DiskErrorCode =
        | 'DISK_FULL'
        | 'DISK_GONE';
      throw new DiskError(
        'DISK_SLOW', 'text with A_WORD');
      super('DISK', message);
      readonly code: 'DISK_OLD' | 'DISK_NEW';`;
    expect(codesIn(text)).toEqual(['DISK_FULL', 'DISK_GONE', 'DISK_SLOW', 'DISK', 'DISK_OLD', 'DISK_NEW']);
  });

  it('misses no public error class: each names a code, or takes one of a union', () => {
    const classes = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/class (\w+) extends (?!Error\b)\w*Error\b.*?^}/gms)].map(([body, name]) => ({
        path,
        name,
        body,
      })),
    );
    const silent = classes.filter(({ body }) => !/super\(\s*('[A-Z]|code\b)|readonly code/.test(body));
    expect(silent.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
    expect(classes.length).toBeGreaterThan(8);
  });
});

function codesIn(text: string): string[] {
  const places = PLACES.flatMap((pattern) => [...text.matchAll(pattern)].map(([place]) => place));
  return places.flatMap((place) => [...place.matchAll(CODE)].map(([, code]) => String(code)));
}

function productFiles(group: string): string[] {
  return readdirSync(join(root, group)).flatMap((name) => {
    const folder = join(root, group, name, 'src');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return files
      .filter((file) => /(?<![.]test)[.]ts$/.test(file) && !file.startsWith('testing/'))
      .map((file) => join(folder, file));
  });
}
