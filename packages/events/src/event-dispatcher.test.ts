import type { AgentEvent } from '@bai/agent-api';
import { MemoryLogger, newKernelId, poll } from '@bai/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventError } from './errors.js';
import { EventDispatcher } from './event-dispatcher.js';
import { InProcessEvents } from './in-process-events.js';
import type { EventTransport } from './port.js';
import { exampleEvent, FaultyEvents } from './testing/index.js';

const WAIT = { timeoutMs: 10_000, intervalMs: 2 };
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A transport that does what a function says, and keeps what was handed over. */
function scripted(attempt: (event: AgentEvent) => Promise<void> | void) {
  const delivered: string[] = [];
  const transport: EventTransport = {
    kind: 'scripted',
    async deliver(event) {
      await attempt(event);
      delivered.push(event.eventId);
    },
    async [Symbol.asyncDispose]() {},
  };
  return { transport, delivered };
}

const drained = (dispatcher: EventDispatcher) =>
  poll('all deliveries', WAIT, () => (dispatcher.pending === 0 ? true : undefined));

describe('EventDispatcher', () => {
  it('delivers every event at least once and each key in order, whatever fails', async () => {
    const plan = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), failures: fc.nat(3) }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(plan, async (steps) => {
        const offered = steps.map(({ key, failures }) => ({ key, event: exampleEvent(), failures }));
        const left = new Map(offered.map(({ event, failures }) => [event.eventId, failures]));
        const { transport, delivered } = scripted((event) => {
          const failures = left.get(event.eventId) ?? 0;
          left.set(event.eventId, failures - 1);
          if (failures > 0) throw new EventError('EVENT_UNDELIVERED', 'not now', { retryable: true });
        });
        const settled: string[] = [];
        await using dispatcher = new EventDispatcher(transport, {
          delay: nextTurn,
          onDelivered: (event) => settled.push(event.eventId),
        });
        for (const { key, event } of offered) expect(dispatcher.offer(key, event)).toBe(true);
        await drained(dispatcher);
        expect(settled).toEqual(delivered);
        for (const key of ['a', 'b', 'c']) {
          const own = offered.filter((step) => step.key === key).map(({ event }) => event.eventId);
          expect(delivered.filter((id) => own.includes(id))).toEqual(own);
        }
        expect(delivered).toHaveLength(offered.length);
      }),
      { numRuns: 60 },
    );
  });

  it('lets no key wait for another', async () => {
    const stuck = exampleEvent();
    const { transport, delivered } = scripted((event) => {
      if (event.eventId === stuck.eventId) throw new Error('never');
    });
    await using dispatcher = new EventDispatcher(transport, { delay: nextTurn, drainMs: 0 });
    dispatcher.offer('stuck', stuck);
    const other = exampleEvent();
    dispatcher.offer('other', other);
    await poll('the other key', WAIT, () => (delivered.includes(other.eventId) ? true : undefined));
    expect(dispatcher.pending).toBe(1);
  });

  it('waits longer after each failure, up to the longest wait', async () => {
    const waits: number[] = [];
    const { transport } = scripted(() => {
      if (waits.length < 6) throw new Error('not yet');
    });
    await using dispatcher = new EventDispatcher(transport, {
      backOff: { firstMs: 100, longestMs: 1000 },
      delay: async (ms) => {
        waits.push(ms);
      },
    });
    dispatcher.offer('key', exampleEvent());
    await drained(dispatcher);
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  it('gives up an event that can never be delivered, with an error in the log, and goes on', async () => {
    const logger = new MemoryLogger();
    const [bad, good] = [exampleEvent(), exampleEvent()];
    const { transport, delivered } = scripted((event) => {
      if (event === bad) throw new EventError('EVENT_REFUSED', 'has no form in this dialect');
    });
    const settled: AgentEvent[] = [];
    await using dispatcher = new EventDispatcher(transport, { logger, onDelivered: (event) => settled.push(event) });
    dispatcher.offer('key', bad);
    dispatcher.offer('key', good);
    await drained(dispatcher);
    expect(delivered).toEqual([good.eventId]);
    expect(settled).toEqual([bad, good]);
    expect(logger.lines).toMatchObject([{ level: 'error', fields: { eventId: bad.eventId } }]);
  });

  it('tries again when an attempt hangs', async () => {
    await using inner = new InProcessEvents();
    const transport = new FaultyEvents(inner);
    transport.fault = 'hang';
    await using dispatcher = new EventDispatcher(transport, {
      attemptMs: 20,
      delay: async () => {
        transport.fault = 'none';
      },
    });
    dispatcher.offer('key', exampleEvent());
    await drained(dispatcher);
  });

  it('goes on after an owner that throws', async () => {
    const logger = new MemoryLogger();
    const { transport, delivered } = scripted(() => {});
    await using dispatcher = new EventDispatcher(transport, {
      logger,
      onDelivered: () => {
        throw new Error('owner is broken');
      },
    });
    dispatcher.offer('key', exampleEvent());
    dispatcher.offer('key', exampleEvent());
    await drained(dispatcher);
    expect(delivered).toHaveLength(2);
    expect(logger.lines.map((line) => line.level)).toEqual(['error', 'error']);
  });

  it('takes nothing over its capacity, says so once, and takes again when there is room', async () => {
    const logger = new MemoryLogger();
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { transport } = scripted(() => opened);
    await using dispatcher = new EventDispatcher(transport, { logger, capacity: 2 });
    const answers = Array.from({ length: 4 }, () => dispatcher.offer(newKernelId(), exampleEvent()));
    expect(answers).toEqual([true, true, false, false]);
    expect(logger.lines).toHaveLength(1);
    open();
    await drained(dispatcher);
    expect(dispatcher.offer('key', exampleEvent())).toBe(true);
  });

  it('delivers what is in hand when it is closed, and takes nothing more', async () => {
    let failures = 3;
    const { transport, delivered } = scripted(() => {
      failures -= 1;
      if (failures >= 0) throw new Error('not yet');
    });
    const dispatcher = new EventDispatcher(transport, { delay: nextTurn });
    for (let index = 0; index < 5; index += 1) dispatcher.offer('key', exampleEvent());
    await dispatcher[Symbol.asyncDispose]();
    expect(delivered).toHaveLength(5);
    expect(dispatcher.offer('key', exampleEvent())).toBe(false);
    await dispatcher[Symbol.asyncDispose]();
  });

  it('stops at the deadline of its close, and leaves the rest to its owners', async () => {
    const logger = new MemoryLogger();
    const { transport } = scripted(() => {
      throw new Error('never');
    });
    const settled: AgentEvent[] = [];
    const dispatcher = new EventDispatcher(transport, {
      logger,
      drainMs: 30,
      onDelivered: (event) => settled.push(event),
    });
    dispatcher.offer('a', exampleEvent());
    dispatcher.offer('b', exampleEvent());
    await dispatcher[Symbol.asyncDispose]();
    expect(settled).toEqual([]);
    expect(logger.lines.at(-1)).toMatchObject({ level: 'warn', fields: { pending: 2 } });
  });

  it('gives up what is withdrawn, and delivers what is offered under the same key afterwards', async () => {
    const stuck = new Promise<void>(() => {});
    const [old, older, fresh, other] = [exampleEvent(), exampleEvent(), exampleEvent(), exampleEvent()];
    const { transport, delivered } = scripted((event) => (event === old ? stuck : undefined));
    const settled: string[] = [];
    await using dispatcher = new EventDispatcher(transport, { onDelivered: (event) => settled.push(event.eventId) });
    for (const event of [old, older]) dispatcher.offer('a', event);
    dispatcher.offer('b', other);
    dispatcher.withdraw('a');
    dispatcher.withdraw('nothing there');
    dispatcher.offer('a', fresh);
    await drained(dispatcher);
    expect(delivered.sort()).toEqual([fresh.eventId, other.eventId].sort());
    expect(settled.sort()).toEqual(delivered);
  });
});
