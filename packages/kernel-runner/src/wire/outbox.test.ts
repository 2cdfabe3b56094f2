import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeDropped, decodeRecordMeta, EXTENSION } from '@bai/kernel-protocol';
import { expect, test } from 'vitest';
import { LEAST_SPOOL_BYTES, Spool } from '../log/spool.js';
import { temporaryRing } from '../testing/ring-files.js';
import { Outbox } from './outbox.js';

/** An outbox over a peer that takes what it's given, one message at a time when it's slow. */
function open(capacity = 1024 * 1024) {
  const ring = temporaryRing(capacity);
  const spool = new Spool(ring);
  const sent: { opcode: string; payload: Buffer; meta: Uint8Array | undefined }[] = [];
  const reports: string[] = [];
  let gate: Promise<void> = Promise.resolve();
  const sender = {
    async send(frames: (Uint8Array | string)[]): Promise<void> {
      await gate;
      const [opcode, payload, meta] = frames.map((frame) => Buffer.from(frame));
      sent.push({ opcode: String(opcode), payload: payload ?? Buffer.alloc(0), meta });
    },
  };
  const outbox = new Outbox(
    spool,
    sender,
    () => {},
    (message) => reports.push(message),
  );
  const running = outbox.run();
  const append = (text: string, runId = 'r') => {
    spool.append('stdout', runId, Buffer.from(text));
    outbox.wake();
  };
  return {
    spool,
    outbox,
    sent,
    reports,
    append,
    hold(until: Promise<void>) {
      gate = until;
    },
    /** Lets the outbox do all that it can: several turns of the event loop in which it sends nothing more. */
    async settle() {
      for (let before = -1; before !== sent.length; ) {
        before = sent.length;
        for (let turn = 0; turn < 4; turn += 1) await nextTurn();
      }
    },
    async [Symbol.asyncDispose]() {
      outbox.close();
      await running;
      ring[Symbol.dispose]();
    },
  };
}

const texts = (sent: readonly { payload: Buffer }[]) => sent.map(({ payload }) => payload.toString());
const RECORD = 16 + 1 + 10;

test('sends two frames without an attachment', async () => {
  await using it = open();
  it.append('a');
  it.outbox.answer(Buffer.from('status'), Buffer.from('s'), Buffer.from('tag'));
  it.append('b');
  await it.settle();
  expect(it.sent.map(({ opcode, meta }) => [opcode, meta === undefined])).toEqual([
    ['status', false],
    ['stdout', true],
    ['stdout', true],
  ]);
});

test('sends no more than the window beyond the last acknowledgement', async () => {
  await using it = open();
  it.outbox.attach({ cursor: null, windowBytes: 3 * RECORD });
  for (let i = 0; i < 10; i += 1) it.append('0123456789');
  await it.settle();
  expect(it.sent.map(({ meta }) => decodeRecordMeta(meta ?? Buffer.alloc(0)).cursor)).toEqual([27, 54, 81]);
  it.outbox.acknowledge({ received: 54, released: 0 });
  await it.settle();
  expect(it.sent).toHaveLength(5);
  expect(it.spool.released.cursor).toBe(0);
  it.outbox.acknowledge({ received: 135, released: 54 });
  await it.settle();
  expect(it.sent).toHaveLength(8);
  expect(it.spool.released.cursor).toBe(54);
});

test('sends a record larger than the window alone', async () => {
  await using it = open();
  it.outbox.attach({ cursor: null, windowBytes: 5 });
  it.append('0123456789');
  it.append('0123456789');
  await it.settle();
  expect(it.sent).toHaveLength(1);
  it.outbox.acknowledge({ received: 27, released: 27 });
  await it.settle();
  expect(it.sent).toHaveLength(2);
});

test('begins again where a new attachment wants it', async () => {
  await using it = open();
  for (const text of ['a', 'b', 'c']) it.append(text, '');
  await it.settle();
  it.outbox.attach({ cursor: 17, windowBytes: 1000 });
  await it.settle();
  it.outbox.attach({ cursor: null, windowBytes: 1000 });
  await it.settle();
  expect(texts(it.sent)).toEqual(['a', 'b', 'c', 'b', 'c', 'a', 'b', 'c']);
});

test('begins with the oldest when the cursor is of another log', async () => {
  await using it = open();
  it.append('a');
  it.append('b');
  it.outbox.attach({ cursor: 5, windowBytes: 1000 });
  await it.settle();
  expect(texts(it.sent).slice(-2)).toEqual(['a', 'b']);
});

test('says what a full spool has cost an agent that was away', async () => {
  await using it = open(LEAST_SPOOL_BYTES);
  it.outbox.attach({ cursor: null, windowBytes: 100 });
  for (let i = 0; i < 200; i += 1) it.append('y'.repeat(1000), '');
  await it.settle();
  it.outbox.attach({ cursor: null, windowBytes: 1_000_000 });
  it.sent.length = 0;
  await it.settle();
  const [first, ...rest] = it.sent;
  expect(first?.opcode).toBe(EXTENSION.dropped);
  const lost = first === undefined ? 0 : decodeDropped(first.payload).bytes;
  expect(lost + rest.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(200_000);
  const cursors = it.sent.map(({ meta }) => decodeRecordMeta(meta ?? Buffer.alloc(0)).cursor);
  expect(cursors.slice(1)).toEqual(cursors.slice(0, -1).map((cursor) => cursor + 1016));
});

test('tells people on the upstream wire what was lost', async () => {
  await using it = open(LEAST_SPOOL_BYTES);
  let release = () => {};
  it.hold(
    new Promise((resolve) => {
      release = resolve;
    }),
  );
  for (let i = 0; i < 200; i += 1) it.append('y'.repeat(1000));
  release();
  await it.settle();
  const note = it.sent.find(({ opcode }) => opcode === 'log')?.payload.toString() ?? '';
  const lost = Number(/^(\d+) bytes of output were lost/.exec(note)?.[1]);
  const arrived = it.sent.filter(({ opcode }) => opcode === 'stdout').length * 1000;
  expect(lost + arrived).toBe(200_000);
});

test('ignores acknowledgements of what was never sent', async () => {
  await using it = open();
  it.outbox.attach({ cursor: null, windowBytes: 1000 });
  it.append('abc');
  await it.settle();
  for (const ack of [
    { received: 999, released: 0 },
    { received: 3, released: 3 },
  ])
    it.outbox.acknowledge(ack);
  expect(it.reports).toHaveLength(2);
  expect(it.spool.released.cursor).toBe(0);
});

test('drops answers that nobody fetches instead of gathering them without end', async () => {
  await using it = open();
  let release = () => {};
  it.hold(
    new Promise((resolve) => {
      release = resolve;
    }),
  );
  for (let i = 0; i < 2000; i += 1) it.outbox.answer(Buffer.from('status'), Buffer.from(''));
  release();
  await it.settle();
  expect(it.sent.length).toBeLessThan(1100);
  expect(it.reports.length + it.sent.length).toBe(2000);
});
