/** Text as Python's `repr` writes it: single quotes unless that would need escapes, control characters escaped. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = '';
  for (const char of text) body += escapeChar(char, quote);
  return quote + body + quote;
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

function escapeChar(char: string, quote: string): string {
  if (char === quote) return `\\${char}`;
  const named = NAMED[char];
  if (named !== undefined) return named;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20 || (code >= 0x7f && code <= 0xa0) || code === 0xad) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (/\p{C}|\p{Zl}|\p{Zp}/u.test(char)) return `\\u${code.toString(16).padStart(4, '0')}`;
  return char;
}
