import { type LogOpcode, recordBytes } from '@bai/kernel-protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FullRing, temporaryRing } from '../testing/ring-files.js';
import { isGap, LEAST_SPOOL_BYTES, Spool } from './spool.js';
import { isControl, type Place, type SpoolRecord } from './spool-record.js';

const BEGIN: Place = { cursor: 0, output: 0 };

/** Everything from a place on: the records, and how much output is missing before, between and after them. */
function readFrom(spool: Spool, from: Place) {
  const records: SpoolRecord[] = [];
  let lost = 0;
  let place = from;
  for (let item = spool.next(place); item !== undefined; item = spool.next(place)) {
    if (isGap(item)) lost += item.bytes;
    else {
      expect(item.start.cursor).toBe(place.cursor);
      expect(item.end.cursor - item.start.cursor).toBe(recordBytes(item.runId, item.payload.length));
      records.push(item);
    }
    place = item.end;
  }
  expect(place).toEqual(spool.end);
  return { records, lost };
}

function output(records: readonly SpoolRecord[]): number {
  return records.filter((it) => !isControl(it.opcode)).reduce((sum, it) => sum + it.payload.length, 0);
}

const text = (size: number, letter = 'x') => Buffer.alloc(size, letter);

describe('a spool', () => {
  test('gives back what was put in, over many rounds of the file', () => {
    using ring = temporaryRing(LEAST_SPOOL_BYTES);
    const spool = new Spool(ring);
    for (let i = 0; i < 500; i += 1) {
      spool.append('stdout', `run-${i % 3}`, text(700 + i, String(i % 10)));
      spool.flush();
      const { records, lost } = readFrom(spool, spool.released);
      expect(lost).toBe(0);
      expect(records).toHaveLength(1);
      expect(records[0]?.payload.equals(text(700 + i, String(i % 10)))).toBe(true);
      expect(spool.release(spool.end.cursor)).toBe(true);
    }
  });

  test('tells when there is no room, and has it again after a release', () => {
    using ring = temporaryRing(LEAST_SPOOL_BYTES);
    const spool = new Spool(ring);
    while (spool.fits(1016)) spool.append('stdout', '', text(1000));
    expect(readFrom(spool, BEGIN).lost).toBe(0);
    const first = spool.next(BEGIN);
    expect(first !== undefined && spool.release(first.end.cursor)).toBe(true);
    expect(spool.fits(1016)).toBe(true);
  });

  test('keeps room for the ends of runs when output has filled it', () => {
    using ring = temporaryRing(LEAST_SPOOL_BYTES);
    const spool = new Spool(ring);
    while (spool.fits(1016)) spool.append('stdout', '', text(1000));
    for (let i = 0; i < 20; i += 1) spool.append('finished', `r${i}`, text(20));
    const { records, lost } = readFrom(spool, BEGIN);
    expect(lost).toBe(0);
    expect(records.filter(({ opcode }) => opcode === 'finished')).toHaveLength(20);
  });

  test('counts exactly what it threw away, and never throws away the end of a run', () => {
    using ring = temporaryRing(LEAST_SPOOL_BYTES);
    const spool = new Spool(ring);
    for (let i = 0; i < 300; i += 1) {
      spool.append('stdout', 'r', text(997));
      if (i % 50 === 0) spool.append('finished', `r${i}`, text(17));
    }
    const { records, lost } = readFrom(spool, BEGIN);
    expect(lost + output(records)).toBe(300 * 997);
    expect(lost).toBeGreaterThan(200_000);
    expect(records.filter(({ opcode }) => opcode === 'finished').map(({ runId }) => runId)).toEqual(
      [0, 50, 100, 150, 200, 250].map((i) => `r${i}`),
    );
  });

  test('counts what was lost behind an acknowledged place only', () => {
    using ring = temporaryRing(LEAST_SPOOL_BYTES);
    const spool = new Spool(ring);
    for (let i = 0; i < 10; i += 1) spool.append('stdout', '', text(500));
    const half = 5 * recordBytes('', 500);
    expect(spool.received(half)).toBe(true);
    for (let i = 0; i < 300; i += 1) spool.append('stdout', '', text(997));
    const place = spool.placeAt(half);
    expect(place).toEqual({ cursor: half, output: 2500 });
    const { records, lost } = readFrom(spool, place ?? BEGIN);
    expect(lost + output(records)).toBe(2500 + 300 * 997);
  });

  test('only counts output that is too big for it', () => {
    using ring = temporaryRing(LEAST_SPOOL_BYTES);
    const spool = new Spool(ring);
    spool.append('media', 'r', text(LEAST_SPOOL_BYTES));
    expect(readFrom(spool, BEGIN)).toEqual({ records: [], lost: LEAST_SPOOL_BYTES });
    spool.append('finished', 'r', text(5));
    expect(readFrom(spool, BEGIN).records).toHaveLength(1);
  });

  test('knows which cursors are places', () => {
    using ring = temporaryRing(LEAST_SPOOL_BYTES);
    const spool = new Spool(ring);
    for (let i = 0; i < 3; i += 1) spool.append('stdout', '', text(100));
    expect(spool.placeAt(116)).toEqual({ cursor: 116, output: 100 });
    expect(spool.placeAt(117)).toBeUndefined();
    expect(spool.placeAt(99_999)).toBeUndefined();
    expect(spool.release(115)).toBe(false);
    expect(spool.released.cursor).toBe(0);
  });

  test('forgets what may be forgotten only when it needs the room', () => {
    using ring = temporaryRing(LEAST_SPOOL_BYTES);
    const spool = new Spool(ring);
    spool.append('stdout', '', text(1000, 'a'));
    spool.forgettableTo(spool.end);
    expect(readFrom(spool, spool.released).records).toHaveLength(1);
    for (let i = 0; i < 100; i += 1) {
      expect(spool.fits(1016)).toBe(true);
      spool.append('stdout', '', text(1000));
      spool.forgettableTo(spool.end);
    }
    expect(readFrom(spool, spool.released).lost).toBe(0);
  });

  test('goes on in memory when the disk is full, within bounds', () => {
    const spool = new Spool(new FullRing(64 * 1024 * 1024));
    let taken = 0;
    for (; spool.fits(60_016); taken += 1) {
      spool.append('stdout', '', text(60_000));
      spool.flush();
    }
    expect(spool.diskError).toMatchObject({ code: 'ENOSPC' });
    expect(taken * 60_000).toBeLessThan(5 * 1024 * 1024);
    const { records, lost } = readFrom(spool, BEGIN);
    expect({ count: records.length, lost }).toEqual({ count: taken, lost: 0 });
    expect(spool.release(spool.end.cursor)).toBe(true);
    expect(spool.fits(60_016)).toBe(true);
  });

  test('reads records back from the file when memory has forgotten them', () => {
    using ring = temporaryRing(32 * 1024 * 1024);
    const spool = new Spool(ring);
    for (let i = 0; i < 20_000; i += 1) spool.append('stdout', `r${i % 7}`, Buffer.from(`line ${i}\n`));
    for (let i = 0; i < 200; i += 1) spool.append('stderr', 'big', text(60_000, String(i % 10)));
    spool.flush();
    const { records, lost } = readFrom(spool, BEGIN);
    expect(lost).toBe(0);
    expect(records).toHaveLength(20_200);
    expect(records[12_345]).toMatchObject({ opcode: 'stdout', runId: `r${12_345 % 7}` });
    expect(records[12_345]?.payload.toString()).toBe('line 12345\n');
    expect(records[20_150]?.payload.equals(text(60_000, '0'))).toBe(true);
    expect(spool.placeAt(records[777]?.start.cursor ?? -1)).toEqual(records[777]?.start);
  });
});

const opcodes: readonly LogOpcode[] = ['stdout', 'stderr', 'media', 'finished', 'waiting-input'];

const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      opcode: fc.constantFrom(...opcodes),
      runId: fc.constantFrom('', 'r1', 'ein längerer Name'),
      size: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1000, max: 20_000 })),
      patient: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const), count: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'release' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
);

test('whatever happens, a reader gets each byte or its loss, each end of a run, in order', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      using ring = temporaryRing(LEAST_SPOOL_BYTES);
      const spool = new Spool(ring);
      const sent: { opcode: LogOpcode; mark: number }[] = [];
      const got: { opcode: LogOpcode; mark: number }[] = [];
      let place = BEGIN;
      let output = 0;
      const take = (limit: number) => {
        for (let i = 0; i < limit; i += 1) {
          const item = spool.next(place);
          if (item === undefined) return;
          place = item.end;
          if (isGap(item)) output += item.bytes;
          else {
            if (!isControl(item.opcode)) output += item.payload.length;
            got.push({ opcode: item.opcode, mark: item.payload.length < 4 ? -1 : item.payload.readUInt32BE(0) });
          }
        }
      };
      let produced = 0;
      for (const step of actions) {
        if (step.kind === 'take') take(step.count);
        else if (step.kind === 'flush') spool.flush();
        else if (step.kind === 'release') {
          expect(spool.received(place.cursor)).toBe(true);
          expect(spool.release(place.cursor)).toBe(true);
        } else {
          const { opcode, runId, patient } = step;
          const size = isControl(opcode) ? step.size % 60 : step.size;
          if (patient && !spool.fits(recordBytes(runId, size))) continue;
          const lostBefore = spool.oldest.cursor - spool.released.cursor;
          const payload = Buffer.alloc(size);
          const mark = size < 4 ? -1 : sent.length;
          if (mark >= 0) payload.writeUInt32BE(mark, 0);
          sent.push({ opcode, mark });
          spool.append(opcode, runId, payload);
          if (!isControl(opcode)) produced += size;
          // Who waits for room costs nobody anything.
          if (patient) expect(spool.oldest.cursor - spool.released.cursor).toBe(lostBefore);
        }
      }
      take(Number.POSITIVE_INFINITY);
      expect(output).toBe(produced);
      expect(got.filter((it) => isControl(it.opcode))).toEqual(sent.filter((it) => isControl(it.opcode)));
      const marks = got.map(({ mark }) => mark).filter((mark) => mark >= 0);
      expect(marks).toEqual([...marks].sort((a, b) => a - b));
    }),
    { numRuns: 150 },
  );
});
