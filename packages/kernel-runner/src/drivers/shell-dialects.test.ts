import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { posixShellDialect } from './shell-dialects.js';

test('a shell gets back exactly the code, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (code) => {
      fc.pre(!code.includes('\0') && code.isWellFormed());
      const script = 'IFS= read -r line; code=$(printf "%bx" "$line"); printf %s "${code%x}"';
      const out = execFileSync('/bin/sh', ['-c', script], { input: `${posixShellDialect.run(code, 1)}\n` });
      expect(out.toString('utf8')).toBe(code);
    }),
    { numRuns: 60, examples: [['a\\nb\n\\\\"$x`\'\n\n'], ['\\0101 \\x41 %d\t\r']] },
  );
});
