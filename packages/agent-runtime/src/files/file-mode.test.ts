import { describe, expect, it } from 'vitest';
import { formatMode } from './file-mode.js';

describe('formatMode', () => {
  it.each([
    [0o100644, '-rw-r--r--'],
    [0o040755, 'drwxr-xr-x'],
    [0o120777, 'lrwxrwxrwx'],
    [0o104755, '-rwsr-xr-x'],
    [0o102640, '-rw-r-S---'],
    [0o041777, 'drwxrwxrwt'],
    [0o041776, 'drwxrwxrwT'],
    [0o010600, 'prw-------'],
  ])('writes %o as %s', (mode, text) => {
    expect(formatMode(mode)).toBe(text);
  });
});
