import { MemoryLogger } from '@bai/core';
import { describe, expect, it } from 'vitest';
import { InProcessEvents } from './in-process-events.js';
import { describeEventTransport, type EventTransportHarness, exampleEvent, FaultyEvents } from './testing/index.js';

async function openHarness(): Promise<EventTransportHarness> {
  const transport = new InProcessEvents();
  const ids: string[] = [];
  transport.subscribe((event) => ids.push(event.eventId));
  return { transport, received: () => ids, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}

describeEventTransport('InProcessEvents', { open: openHarness });

for (const fault of ['reject', 'hang', 'lose-answer'] as const) {
  const openBreakable = async () => {
    const inner = await openHarness();
    const transport = new FaultyEvents(inner.transport);
    const breakDown = () => {
      transport.fault = fault;
    };
    const mend = () => {
      transport.fault = 'none';
    };
    return { ...inner, transport, breakDown, mend };
  };
  describeEventTransport(`FaultyEvents (${fault})`, { open: openBreakable, openBreakable });
}

describe('InProcessEvents', () => {
  it('tells only what the filter lets through, until the subscription is disposed', async () => {
    await using events = new InProcessEvents();
    const [first, second] = [exampleEvent(), exampleEvent()];
    const told: string[] = [];
    const subscription = events.subscribe(
      (event) => told.push(event.eventId),
      (event) => event.eventId !== first.eventId,
    );
    await events.deliver(first);
    await events.deliver(second);
    subscription[Symbol.dispose]();
    await events.deliver(exampleEvent());
    expect(told).toEqual([second.eventId]);
  });

  it('logs a listener that throws, and tells the others', async () => {
    const logger = new MemoryLogger();
    await using events = new InProcessEvents({ logger });
    const told: string[] = [];
    events.subscribe(() => {
      throw new Error('listener is broken');
    });
    events.subscribe((event) => told.push(event.eventId));
    const event = exampleEvent();
    await events.deliver(event);
    expect(told).toEqual([event.eventId]);
    expect(logger.lines).toMatchObject([{ level: 'error', fields: { eventId: event.eventId } }]);
  });

  it('streams from the moment of the call, and drops the oldest when the reader is slow', async () => {
    await using events = new InProcessEvents();
    await events.deliver(exampleEvent());
    const stream = events.stream({ capacity: 2 });
    const sent = [exampleEvent(), exampleEvent(), exampleEvent()];
    for (const event of sent) await events.deliver(event);
    await events[Symbol.asyncDispose]();
    const read: string[] = [];
    for await (const event of stream) read.push(event.eventId);
    expect(read).toEqual(sent.slice(1).map((event) => event.eventId));
    expect(stream.dropped).toBe(1);
  });

  it('ends a stream with the reason of its signal, also with events left', async () => {
    await using events = new InProcessEvents();
    const controller = new AbortController();
    const reason = new Error('enough');
    const stream = events.stream({ signal: controller.signal });
    const iterator = stream[Symbol.asyncIterator]();
    const waiting = iterator.next();
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);

    const later = new AbortController();
    const unread = events.stream({ signal: later.signal });
    await events.deliver(exampleEvent());
    later.abort(reason);
    await expect(unread[Symbol.asyncIterator]().next()).rejects.toBe(reason);
  });

  it('forgets a stream that was left early', async () => {
    await using events = new InProcessEvents();
    const stream = events.stream({ capacity: 1 });
    await events.deliver(exampleEvent());
    for await (const _ of stream) break;
    await events.deliver(exampleEvent());
    await events.deliver(exampleEvent());
    expect(stream.dropped).toBe(0);
  });

  it('opens no stream and takes no listener once closed', async () => {
    const events = new InProcessEvents();
    await events[Symbol.asyncDispose]();
    expect(() => events.stream()).toThrow(expect.objectContaining({ code: 'EVENTS_CLOSED' }));
    expect(() => events.subscribe(() => {})).toThrow(expect.objectContaining({ code: 'EVENTS_CLOSED' }));
  });
});
