import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../scripts/steps.mjs';

/** `path/of/source.ts` `nameOfTheBound` */
const PLACE = /`((?:packages|apps)\/[^`]+[.]ts)` `(\w+)`/g;

const page = readFileSync(join(root, 'docs/limits.md'), 'utf8');
const places = [...page.matchAll(PLACE)].map(([, file, name]) => ({ file: String(file), name: String(name) }));

describe('docs/limits.md', () => {
  it.each(places)('$name is defined in $file', ({ file, name }) => {
    expect(readFileSync(join(root, file), 'utf8')).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it('says for every bound where it is defined', () => {
    const rows = page.split('\n').filter((line) => /^[|] (?!What)[^-]/.test(line));
    expect(rows.filter((row) => !row.match(PLACE))).toEqual([]);
    expect(rows.length).toBeGreaterThan(30);
  });
});
