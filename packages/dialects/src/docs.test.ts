import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { documentMethods } from './testing/method-docs.js';

it('docs/rpc.md has the method table as it is', () => {
  const page = readFileSync(new URL('../../../docs/rpc.md', import.meta.url), 'utf8');
  for (const part of documentMethods()) expect(page).toContain(part);
});
