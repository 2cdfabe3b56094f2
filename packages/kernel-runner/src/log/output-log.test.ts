import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { temporaryRing } from '../testing/ring-files.js';
import { ConsoleCopy } from './console-copy.js';
import { CHUNK_BYTES, OutputLog } from './output-log.js';
import { isGap, Spool } from './spool.js';
import type { SpoolRecord } from './spool-record.js';

const NO_CONSOLE = { stdout: 1023, stderr: 1023 };

function open(capacity: number) {
  const ring = temporaryRing(capacity);
  const spool = new Spool(ring);
  const log = new OutputLog(spool, new ConsoleCopy(1000, () => {}, NO_CONSOLE), () => {});
  const records = (): SpoolRecord[] => {
    const found: SpoolRecord[] = [];
    let item = spool.next(spool.released);
    for (; item !== undefined; item = spool.next(item.end)) if (!isGap(item)) found.push(item);
    return found;
  };
  return { spool, log, records, [Symbol.dispose]: () => ring[Symbol.dispose]() };
}

const seen = (records: readonly SpoolRecord[]) =>
  records.map(({ opcode, runId, payload }) => [opcode, runId, payload.toString()]);

test('gathers small pieces of one kind into one record', async () => {
  using it = open(1024 * 1024);
  for (let i = 0; i < 100; i += 1) it.log.offer('stdout', 'r', Buffer.from('ab'));
  await nextTurn();
  expect(seen(it.records())).toEqual([['stdout', 'r', 'ab'.repeat(100)]]);
});

test('keeps the order of kinds and runs, and puts an end behind all output', () => {
  using it = open(1024 * 1024);
  it.log.offer('stdout', 'r', Buffer.from('1'));
  it.log.offer('stderr', 'r', Buffer.from('2'));
  it.log.push('stdout', 'r', Buffer.from('3'));
  it.log.push('stdout', 's', Buffer.from('4'));
  it.log.push('media', 's', Buffer.from('{}'));
  it.log.offer('stdout', 's', Buffer.from('5'));
  it.log.control('finished', 's', Buffer.from('!'));
  expect(seen(it.records())).toEqual([
    ['stdout', 'r', '1'],
    ['stderr', 'r', '2'],
    ['stdout', 'r', '3'],
    ['stdout', 's', '4'],
    ['media', 's', '{}'],
    ['stdout', 's', '5'],
    ['finished', 's', '!'],
  ]);
});

test('cuts long output into records of 64 KiB', () => {
  using it = open(4 * 1024 * 1024);
  expect(it.log.offer('stdout', '', Buffer.alloc(3 * CHUNK_BYTES + 5, 'x'))).toBeUndefined();
  it.log.push('stderr', '', Buffer.alloc(CHUNK_BYTES + 1, 'y'));
  it.log.control('finished', '', Buffer.from(''));
  const sizes = it.records().map(({ payload }) => payload.length);
  expect(sizes).toEqual([CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES, 5, CHUNK_BYTES, 1, 0]);
});

test('hands back what has no room, and takes all of it after releases', async () => {
  using it = open(512 * 1024);
  const sent = Buffer.alloc(2 * 1024 * 1024, 'z');
  let received = 0;
  for (let rest: Buffer | undefined = it.log.offer('stdout', 'r', sent); rest !== undefined; ) {
    const room = it.log.room();
    await nextTurn();
    for (const { payload } of it.records()) received += payload.length;
    it.spool.release(it.spool.end.cursor);
    it.log.released();
    await room;
    rest = it.log.offer('stdout', 'r', rest);
  }
  it.log.control('finished', 'r', Buffer.from(''));
  for (const { payload } of it.records()) received += payload.length;
  expect(received).toBe(sent.length);
});

test('cuts output so that it fits a small spool', () => {
  using it = open(64 * 1024);
  expect(it.log.offer('stdout', '', Buffer.alloc(20_000, 'x'))).toBeUndefined();
  it.log.control('finished', '', Buffer.from(''));
  expect(it.records().map(({ payload }) => payload.length)).toEqual([8192, 8192, 3616, 0]);
});
