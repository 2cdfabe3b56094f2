import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BaiError } from '@bai/core';

/** A program that shows what a kernel does. */
export interface Example {
  readonly name: string;
  readonly path: string;
  readonly image: string;
  readonly code: string;
}

const EXAMPLES = [
  { name: 'quickstart.py', image: 'host/python' },
  { name: 'quickstart.mjs', image: 'host/nodejs' },
] as const;

/** The example for the first interpreter that is there: Python, else Node.js. */
export async function findExample(images: readonly string[]): Promise<Example> {
  const example = EXAMPLES.find(({ image }) => images.includes(image)) ?? EXAMPLES[1];
  const path = join(examplesFolder(), example.name);
  return { ...example, path, code: await readFile(path, 'utf8') };
}

/** In the repository the examples are beside `apps`; the published package has a copy. */
function examplesFolder(): string {
  const places = ['../../../../examples', '../../examples'].map((place) => join(import.meta.dirname, place));
  const folder = places.find((place) => existsSync(join(place, EXAMPLES[0].name)));
  if (folder === undefined)
    throw new BaiError('EXAMPLES_MISSING', `the examples are not in ${places.join(' or ')}: install the package again`);
  return folder;
}
