import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChannelEvent, EventLines, parseEvent } from './channel-events.js';

function open() {
  const stream = new PassThrough();
  const reports: string[] = [];
  const events: ChannelEvent[] = [];
  const lines = new EventLines(stream, (message) => reports.push(message));
  return { stream, reports, events, listen: () => lines.listen((event) => events.push(event)) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('finds the same events however the stream is cut', async () => {
  const sent = [
    { event: 'ready', kind: 'bü' },
    { event: 'started' },
    { event: 'done', code: -9, run: 4 },
    { event: 'completion', matches: ['a', 'ß'] },
  ];
  const bytes = Buffer.from(sent.map((event) => `${JSON.stringify(event)}\n`).join(''));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
      const it = open();
      it.listen();
      const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      for (const [index, place] of places.slice(1).entries()) it.stream.write(bytes.subarray(places[index], place));
      await settled();
      expect(it.events).toEqual([
        { event: 'ready', kind: 'bü' },
        { event: 'started' },
        { event: 'done', exitCode: -9, run: 4 },
        { event: 'completion', matches: ['a', 'ß'] },
      ]);
    }),
    { numRuns: 50 },
  );
});

test('keeps events that come before somebody listens', async () => {
  const it = open();
  it.stream.write('{"event":"ready","kind":"sh"}\n{"event":"started"}\n');
  await settled();
  it.listen();
  expect(it.events.map(({ event }) => event)).toEqual(['ready', 'started']);
});

test('skips what user code writes there, also a line without an end', async () => {
  const it = open();
  it.listen();
  it.stream.write('garbage\n{"event":"nosuch"}\n[]\n\n{"event":"done"}\n');
  for (let i = 0; i < 5; i += 1) it.stream.write('x'.repeat(1024 * 1024));
  it.stream.write('\n{"event":"started"}\n');
  await settled();
  expect(it.events).toEqual([{ event: 'started' }]);
  expect(it.reports.length).toBeGreaterThanOrEqual(6);
});

test.each([[null], [1], [{}], [{ event: 'done', code: 1.5 }], [{ event: 'completion' }]])('%j is no event', (value) => {
  expect(() => parseEvent(value)).toThrow();
});
