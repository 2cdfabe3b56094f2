import { readFileSync } from 'node:fs';
import { BaiError } from '@bai/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceAmounts } from './amounts.js';
import type { ComputeDevice, ComputePlugin, SlotType } from './compute-plugin.js';
import { DiscreteAllocationMap } from './discrete-map.js';
import { SlotAmount } from './slot-amount.js';

type Amounts = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Step {
  readonly op: 'alloc' | 'free' | 'apply';
  readonly slots?: Readonly<Record<string, string>>;
  readonly alloc?: Amounts;
  readonly ref?: number;
  readonly result?: Amounts | null;
  readonly result_order?: Readonly<Record<string, readonly string[]>>;
  readonly error?: { readonly class: string; readonly str: string };
  readonly allocations_after: Amounts;
}

interface Vector {
  readonly id: string;
  readonly applies_to: readonly string[];
  readonly exclusive?: readonly string[];
  readonly devices: readonly {
    readonly device_id: string;
    readonly slot_name: string;
    readonly slot_type: SlotType;
    readonly amount: string;
  }[];
  readonly steps: readonly Step[];
}

const vectors: { readonly discrete: readonly Vector[] } = JSON.parse(
  readFileSync(new URL('../vectors/resources.json', import.meta.url), 'utf8'),
);

const CODES: Readonly<Record<string, string>> = {
  InsufficientResource: 'INSUFFICIENT_RESOURCE',
  InvalidResourceCombination: 'INVALID_RESOURCE_ARGUMENT',
  InvalidResourceArgument: 'INVALID_RESOURCE_ARGUMENT',
};

/** Upstream leaves the first slot of a failed call taken, for its caller to undo; here nothing is taken. */
const ALL_OR_NOTHING = new Set(['disc-partial-failure-state']);

const runs = vectors.discrete.flatMap((vector) =>
  (['fill', 'evenly'] as const)
    .filter((strategy) => vector.applies_to.includes(`G3:${strategy.toUpperCase()}`))
    .map((strategy) => ({ id: vector.id, strategy, vector })),
);

describe('DiscreteAllocationMap and the recorded results of G3', () => {
  it('has vectors for both strategies', () => {
    expect(runs.filter(({ strategy }) => strategy === 'fill').length).toBeGreaterThan(8);
    expect(runs.filter(({ strategy }) => strategy === 'evenly').length).toBeGreaterThan(8);
  });

  it.each(runs)('$id, $strategy', ({ vector, strategy, id }) => {
    const map = new DiscreteAllocationMap({
      key: (vector.devices[0]?.slot_name ?? '').split('.')[0] ?? '',
      strategy,
      exclusiveSlots: vector.exclusive ?? [],
      devices: vector.devices.map((device) => ({
        deviceId: device.device_id,
        slot: device.slot_name,
        type: device.slot_type,
        amount: device.amount,
      })),
    });
    const results: DeviceAmounts[] = [];
    for (const step of vector.steps) {
      runStep(map, step, results);
      if (ALL_OR_NOTHING.has(id))
        expectUsed(
          map,
          mapValues(step.allocations_after, (devices) => mapValues(devices, () => '0')),
        );
      else expectUsed(map, step.allocations_after);
    }
  });
});

function runStep(map: DiscreteAllocationMap, step: Step, results: DeviceAmounts[]): void {
  if (step.op === 'apply') map.apply(toAmounts(step.alloc ?? {}));
  else if (step.op === 'free') map.free(results[step.ref ?? 0] ?? new Map());
  else if (step.error === undefined) results.push(allocateAsRecorded(map, step));
  else expectRecordedError(map, step, step.error);
}

const slotsOf = (step: Step) =>
  new Map(Object.entries(step.slots ?? {}).map(([slot, text]) => [slot, SlotAmount.parse(text)]));

function expectRecordedError(map: DiscreteAllocationMap, step: Step, recorded: { class: string; str: string }): void {
  const error = catchError(() => map.allocate(slotsOf(step)));
  expect(error.code).toBe(CODES[recorded.class]);
  expect(recorded.str).toContain(error.message);
}

function allocateAsRecorded(map: DiscreteAllocationMap, step: Step): DeviceAmounts {
  const granted = map.allocate(slotsOf(step));
  expect([...granted.keys()]).toEqual(Object.keys(step.result ?? {}));
  for (const [slot, devices] of Object.entries(step.result ?? {})) {
    const got = [...(granted.get(slot) ?? [])].map(([id, amount]) => [id, Number(amount.toString())]);
    expect(Object.fromEntries(got)).toEqual(mapValues(devices, Number));
    if (step.result_order !== undefined) expect(got.map(([id]) => id)).toEqual(step.result_order[slot]);
  }
  return granted;
}

function expectUsed(map: DiscreteAllocationMap, expected: Amounts): void {
  const used = [...map.used].map(([slot, devices]) => [
    slot,
    Object.fromEntries([...devices].map(([id, amount]) => [id, Number(amount.toString())])),
  ]);
  expect(Object.fromEntries(used)).toEqual(mapValues(expected, (devices) => mapValues(devices, Number)));
}

const capacities = fc.array(fc.bigInt({ min: 1n, max: 50n }), { minLength: 1, maxLength: 8 });
const strategy = fc.constantFrom('fill' as const, 'evenly' as const);
const requests = fc.array(fc.record({ amount: fc.bigInt({ min: 0n, max: 120n }), freeFirst: fc.boolean() }), {
  maxLength: 25,
});

describe('DiscreteAllocationMap', () => {
  it('never gives more than there is, gives all or nothing, and takes everything back', () => {
    fc.assert(
      fc.property(capacities, strategy, requests, (amounts, how, steps) => {
        const map = new DiscreteAllocationMap(plugin(amounts, how));
        const total = amounts.reduce((sum, amount) => sum + amount, 0n);
        const held: { granted: DeviceAmounts; amount: bigint }[] = [];
        const taken = () => held.reduce((sum, { amount }) => sum + amount, 0n);
        for (const { amount, freeFirst } of steps) {
          const oldest = freeFirst ? held.shift() : undefined;
          if (oldest !== undefined) map.free(oldest.granted);
          const fits = amount <= total - taken();
          if (fits) held.push({ granted: map.allocate(new Map([['x', SlotAmount.of(amount)]])), amount });
          else
            expect(catchError(() => map.allocate(new Map([['x', SlotAmount.of(amount)]]))).code).toBe(
              'INSUFFICIENT_RESOURCE',
            );
          expect(map.available('x').floor()).toBe(total - taken());
          for (const [index, used] of [...(map.used.get('x')?.values() ?? [])].entries()) {
            expect(used.floor()).toBeLessThanOrEqual(amounts[index] ?? 0n);
          }
        }
        for (const { granted } of held) map.free(granted);
        expect(map.available('x').floor()).toBe(total);
      }),
    );
  });

  it('spreads evenly as the rule of the specification, written out, says', () => {
    fc.assert(
      fc.property(capacities, fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }), (amounts, wanted) => {
        const map = new DiscreteAllocationMap(plugin(amounts, 'evenly'));
        const free = amounts.map(Number);
        for (const request of wanted) {
          if (request > free.reduce((sum, each) => sum + each, 0)) continue;
          const granted = map.allocate(new Map([['x', SlotAmount.of(request)]])).get('x') ?? new Map();
          const expected = spreadEvenly(free, request);
          expect([...granted].map(([id, amount]) => [id, amount.toString()])).toEqual(
            [...expected].map(([index, amount]) => [String(index), String(amount)]),
          );
          for (const [index, amount] of expected) free[index] = (free[index] ?? 0) - amount;
        }
      }),
    );
  });

  it('gives a restored kernel more than there is, and then nothing until it is freed', () => {
    const map = new DiscreteAllocationMap(plugin([2n], 'fill'));
    const restored = new Map([
      [
        'x',
        new Map([
          ['0', SlotAmount.of(5)],
          ['gone', SlotAmount.of(1)],
        ]),
      ],
    ]);
    map.apply(restored);
    expect(map.available('x').toString()).toBe('0');
    expect(catchError(() => map.allocate(new Map([['x', SlotAmount.of(1)]]))).details).toEqual({
      slot: 'x',
      tag: 'x',
      requested: '1',
      total: '0',
    });
    map.free(restored);
    expect(map.available('x').toString()).toBe('2');
  });

  it('finds out when more is given back than was taken', () => {
    const map = new DiscreteAllocationMap(plugin([2n], 'fill'));
    expect(() => map.free(new Map([['x', new Map([['0', SlotAmount.of(1)]])]]))).toThrow(/bug/);
  });
});

/** Steps 1 to 5 of spec/05 §5.2 in plain numbers. Device index to amount, in the order of the devices. */
function spreadEvenly(free: readonly number[], request: number): Map<number, number> {
  const given = free.map(() => 0);
  const order = free.map((_, index) => index).sort((a, b) => (free[b] ?? 0) - (free[a] ?? 0));
  for (let rest = request; rest > 0; ) {
    const left = (index: number) => (free[index] ?? 0) - (given[index] ?? 0);
    const candidates = order.filter((index) => left(index) > 0);
    const quotas = candidates.map(
      (_, place) => Math.floor(rest / candidates.length) + (place < rest % candidates.length ? 1 : 0),
    );
    for (const [place, index] of candidates.entries()) {
      const share = Math.min(quotas[place] ?? 0, left(index), rest);
      given[index] = (given[index] ?? 0) + share;
      rest -= share;
    }
  }
  return new Map([...given.entries()].filter(([, amount]) => amount > 0));
}

function plugin(amounts: readonly bigint[], strategy: ComputePlugin['strategy']) {
  const devices: ComputeDevice[] = amounts.map((amount, index) => {
    return { deviceId: String(index), slot: 'x', type: 'count', amount: amount.toString() };
  });
  return { key: 'x', strategy, devices };
}

function toAmounts(amounts: Amounts): DeviceAmounts {
  const ofSlot = (devices: Amounts[string]) =>
    new Map(Object.entries(devices).map(([id, text]) => [id, SlotAmount.parse(text)]));
  return new Map(Object.entries(amounts).map(([slot, devices]) => [slot, ofSlot(devices)]));
}

function catchError(work: () => unknown): BaiError {
  try {
    work();
  } catch (error) {
    if (error instanceof BaiError) return error;
    throw error;
  }
  throw new Error('expected an error');
}

const mapValues = <In, Out>(record: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
