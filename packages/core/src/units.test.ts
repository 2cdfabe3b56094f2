import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatShortSize, formatSize, InvalidSizeError, parseSize } from './units.js';

interface Vectors {
  readonly parse: readonly { readonly in: string; readonly finite_from_str: { readonly ok?: string } }[];
  readonly format: readonly { readonly in: string; readonly str: string; readonly 'fmt:s': string }[];
}
const vectors = JSON.parse(readFileSync(new URL('../vectors/binary-size.json', import.meta.url), 'utf8')) as Vectors;

/** Upstream takes the digits of every script; nobody writes a configuration so. */
const OTHER_DIGITS = '\uff11';

describe('parseSize', () => {
  it.each(vectors.parse.filter((entry) => entry.in !== OTHER_DIGITS))('reads $in as upstream does', (entry) => {
    const { ok } = entry.finite_from_str;
    if (ok === undefined) expect(() => parseSize(entry.in)).toThrow(InvalidSizeError);
    else expect(parseSize(entry.in)).toBe(BigInt(ok));
  });

  it.each([
    [' 1024 ', 1024n],
    ['1_024', 1024n],
    ['1.5 byte', 1n],
    ['-1.5 byte', -1n],
    ['1e3k', 1_024_000n],
    ['1E3K', 1_024_000n],
    ['2e-1k', 204n],
    ['1.5e1', 15n],
    ['1e', 2n ** 60n],
    ['1.5e', 3n * 2n ** 59n],
    ['+1y', 2n ** 80n],
    ['.0', 0n],
    ['-0.5 b', 0n],
    ['512 ibytes', 512n],
  ])('reads %j as %s bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['.', '1.2.3k', '1 2k', '--1k', '1e1000k', '1k1', '1.5e0', 'ek', '1kk', '1\u00a0\u00a0x', OTHER_DIGITS])(
    'refuses %j and says what a size looks like',
    (text) => {
      expect(() => parseSize(text)).toThrow(/is not a size: write bytes as/);
    },
  );

  it('refuses what is too long at once, and shows its beginning only', () => {
    const text = '9'.repeat(1_000_000);
    expect(() => parseSize(text)).toThrow(expect.objectContaining({ code: 'INVALID_SIZE' }));
    expect(() => parseSize(text)).toThrow(/^.{0,200}$/);
  });

  it('reads whole numbers with each unit exactly', () => {
    const units = fc.constantFrom(...['k', 'm', 'g', 't', 'p', 'e', 'z', 'y'].entries());
    const endings = fc.constantFrom('', 'b', 'ib', 'iB', 'byte', 'bytes', 'ibyte', 'ibytes');
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
        units,
        endings,
        fc.constantFrom('', ' '),
        (n, [i, unit], ending, gap) => {
          expect(parseSize(`${n}${gap}${unit}${ending}`)).toBe(n * 1024n ** BigInt(i + 1));
        },
      ),
    );
  });

  it('truncates fractions towards zero, as exact arithmetic does', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.integer({ min: 0, max: 10 ** 9 - 1 }), (whole, rest) => {
        const fraction = String(rest).padStart(9, '0');
        const bytes = (whole * 10n ** 9n + BigInt(rest)) * 1024n ** 3n;
        expect(parseSize(`${whole}.${fraction}g`)).toBe(bytes / 10n ** 9n);
        expect(parseSize(`-${whole}.${fraction}g`)).toBe(-(bytes / 10n ** 9n));
      }),
    );
  });

  it('answers with bytes or an InvalidSizeError, whatever the text', () => {
    const near = fc.string({ unit: fc.constantFrom(...'0123456789.+-_ eEkKmMiIbBytesnfx'), maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        try {
          expect(typeof parseSize(text)).toBe('bigint');
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidSizeError);
        }
      }),
    );
  });
});

describe('formatSize and formatShortSize', () => {
  it.each(vectors.format)('print $in as upstream does', (entry) => {
    expect(formatSize(BigInt(entry.in))).toBe(entry.str);
    expect(formatShortSize(BigInt(entry.in))).toBe(entry['fmt:s']);
  });

  it('print sizes that read back within half a hundredth of their unit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 88n }), (bytes) => {
        for (const text of [formatSize(bytes), formatShortSize(bytes)]) {
          const back = parseSize(text);
          const difference = back > bytes ? back - bytes : bytes - back;
          expect(difference * 200n).toBeLessThanOrEqual(bytes < 1024n ? 0n : bytes);
        }
      }),
    );
  });

  it('take numbers as well', () => {
    expect(formatSize(1536)).toBe('1.5 KiB');
    expect(formatShortSize(1536)).toBe('1.5k');
  });
});
