import { expect, it } from 'vitest';
import { pythonRepr } from './python-repr.js';

it.each([
  ['', "''"],
  ['plain', "'plain'"],
  ["it's", `"it's"`],
  [`both ' and "`, `'both \\' and "'`],
  ['line\nbreak\ttab\\', "'line\\nbreak\\ttab\\\\'"],
  ['\u0000\u001b\u007f\u00a0', "'\\x00\\x1b\\x7f\\xa0'"],
  ['한글 é', "'한글 é'"],
  ['\u200b\u2028', "'\\u200b\\u2028'"],
])('writes %j as Python does', (text, expected) => expect(pythonRepr(text)).toBe(expected));
