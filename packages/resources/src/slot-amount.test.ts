import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSlotAmount } from './amounts.js';
import { AmountSyntaxError, SlotAmount } from './slot-amount.js';

interface TextVector {
  readonly gens: readonly string[];
  readonly in: Readonly<Record<string, unknown>>;
  readonly to_json?: Readonly<Record<string, string>>;
}

const vectors: { readonly slot_text: readonly TextVector[] } = JSON.parse(
  readFileSync(new URL('../vectors/resources.json', import.meta.url), 'utf8'),
);

/** What the agent prints is compared for the amounts that it takes: plain decimals. */
const cases = vectors.slot_text.flatMap(({ gens, in: input, to_json: output }) =>
  Object.entries(input).flatMap(([slot, text]) => {
    const printed = output?.[slot];
    if (printed === undefined || typeof text !== 'string' || !/^-?[\d.]+$/.test(text)) return [];
    return gens.filter((gen) => gen === 'G2' || gen === 'G3').map((gen) => ({ gen, text, printed }));
  }),
);

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(6))
  .map(([digits, scale]) => ({ digits, scale, amount: SlotAmount.parse(textOf(digits, scale)) }));

function textOf(digits: bigint, scale: number): string {
  const unsigned = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  const text = scale === 0 ? unsigned : `${unsigned.slice(0, -scale)}.${unsigned.slice(-scale)}`;
  return digits < 0n ? `-${text}` : text;
}

describe('SlotAmount', () => {
  it('has vectors for both forms', () => {
    expect(new Set(cases.map(({ gen }) => gen))).toEqual(new Set(['G2', 'G3']));
  });

  it.each(cases)('prints $text as $printed for $gen', ({ gen, text, printed }) => {
    const amount = SlotAmount.parse(text);
    expect(gen === 'G3' ? amount.toShortText() : amount.toString()).toBe(printed);
  });

  it.each([
    ['1.000', '1'],
    ['0.005', '0'],
    ['0.015', '0.02'],
    ['-1.235', '-1.24'],
    ['99.999', '100'],
    ['100', '100'],
    ['10.10', '10.1'],
    ['0.00', '0'],
  ])('rounds %s half to even as %s', (text, printed) => {
    expect(SlotAmount.parse(text).toShortText()).toBe(printed);
  });

  it.each([
    '',
    ' 1',
    '1g',
    '1e3',
    '1E+9',
    'NaN',
    'Infinity',
    '.5',
    '1.',
    '--1',
    '0x10',
    '1_000',
    '1,5',
    '9'.repeat(41),
  ])('refuses %j', (text) => {
    expect(() => SlotAmount.parse(text)).toThrow(AmountSyntaxError);
  });

  it('prints what it read', () => {
    fc.assert(
      fc.property(decimal, ({ digits, scale, amount }) => {
        expect(amount.toString()).toBe(textOf(digits, scale));
      }),
    );
  });

  it('calculates exactly', () => {
    const common = 10n ** 6n;
    const micro = ({ digits, scale }: { digits: bigint; scale: number }) => (digits * common) / 10n ** BigInt(scale);
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const sum = SlotAmount.parse(textOf(micro(a) + micro(b), 6));
        expect(a.amount.plus(b.amount).compare(sum)).toBe(0);
        expect(sum.minus(b.amount).compare(a.amount)).toBe(0);
        expect(a.amount.compare(b.amount)).toBe(micro(a) < micro(b) ? -1 : micro(a) > micro(b) ? 1 : 0);
        expect(SlotAmount.min(a.amount, b.amount).compare(micro(a) < micro(b) ? a.amount : b.amount)).toBe(0);
      }),
    );
  });

  it('cuts down to whole numbers', () => {
    fc.assert(
      fc.property(decimal, ({ amount }) => {
        const whole = SlotAmount.of(amount.floor());
        expect(whole.compare(amount)).toBeLessThanOrEqual(0);
        expect(whole.plus(SlotAmount.of(1)).compare(amount)).toBe(1);
        expect(amount.isWhole).toBe(whole.compare(amount) === 0);
      }),
    );
  });

  it('adds up nothing to zero', () => {
    expect(SlotAmount.sum([]).sign).toBe(0);
  });
});

describe('parseSlotAmount', () => {
  it.each(['-1', '-0.5', '1g', '1E+9', 'NaN', 'Infinity', '', 'one', 1024, null, undefined])(
    'refuses %j with the slot and the value',
    (value) => {
      expect(() => parseSlotAmount('mem', value)).toThrow(
        expect.objectContaining({
          code: 'INVALID_RESOURCE_ARGUMENT',
          details: expect.objectContaining({ slot: 'mem' }),
        }),
      );
    },
  );

  it('says what to write', () => {
    expect(() => parseSlotAmount('mem', '1g')).toThrow(/slot mem: "1g" .* bytes as 1073741824/);
  });

  it('takes zero and fractions', () => {
    expect(parseSlotAmount('cuda.shares', '0.50').toString()).toBe('0.50');
    expect(parseSlotAmount('cpu', '0').sign).toBe(0);
  });
});
