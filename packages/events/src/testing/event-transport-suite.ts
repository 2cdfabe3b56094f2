import { newKernelId, poll } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventDispatcher } from '../event-dispatcher.js';
import type { EventTransport } from '../port.js';
import { exampleEvent, exampleEvents } from './example-events.js';

/** A transport and its other end. */
export interface EventTransportHarness extends AsyncDisposable {
  readonly transport: EventTransport;
  /** Ids of the events that came out at the other end, in order of arrival. */
  received(): readonly string[] | Promise<readonly string[]>;
}

export interface EventTransportFaults {
  /** From now on deliveries fail or hang. Resolves when that holds. */
  breakDown(): void | Promise<void>;
  mend(): void | Promise<void>;
}

export interface EventTransportSuite {
  open(): Promise<EventTransportHarness>;
  /** For transports whose other end can be away; the tests of faults run only for these. */
  openBreakable?(): Promise<EventTransportHarness & EventTransportFaults>;
}

const WAIT = { timeoutMs: 10_000, intervalMs: 5 };

/** The contract of {@link EventTransport}: every implementation passes it. */
export function describeEventTransport(name: string, suite: EventTransportSuite): void {
  describe(`${name} as an EventTransport`, () => {
    let harness: EventTransportHarness;
    beforeEach(async () => {
      harness = await suite.open();
    });
    afterEach(() => harness[Symbol.asyncDispose]());

    it('has a kind', () => {
      expect(harness.transport.kind).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    it('hands over events of every type, in order, with their ids', async () => {
      const events = exampleEvents();
      for (const event of events) await harness.transport.deliver(event);
      expect(await arrived(harness, events.length)).toEqual(events.map((event) => event.eventId));
    });

    it('hands over what is delivered at the same time', async () => {
      const ids = await Promise.all(
        Array.from({ length: 200 }, async () => {
          const event = exampleEvent();
          await harness.transport.deliver(event);
          return event.eventId;
        }),
      );
      expect([...(await arrived(harness, ids.length))].sort()).toEqual(ids.sort());
    });

    it('keeps the id of an event that is delivered twice', async () => {
      const event = exampleEvent();
      await harness.transport.deliver(event);
      await harness.transport.deliver(event);
      const last = exampleEvent();
      await harness.transport.deliver(last);
      const ids = await poll('the last event', WAIT, async () => endingWith(await harness.received(), last.eventId));
      expect(new Set(ids)).toEqual(new Set([event.eventId, last.eventId]));
    });

    it('keeps the order of each kernel under a dispatcher', async () => {
      await using dispatcher = new EventDispatcher(harness.transport);
      const offered = offerInterleaved(dispatcher, 5, 20);
      const ids = await arrived(harness, 100);
      for (const own of offered.values()) expect(ids.filter((id) => own.includes(id))).toEqual(own);
    });

    it('rejects an aborted delivery with the reason', async () => {
      const reason = new Error('enough');
      const delivery = harness.transport.deliver(exampleEvent(), { signal: AbortSignal.abort(reason) });
      await expect(delivery).rejects.toBe(reason);
    });

    it('takes nothing after it was closed, and closes twice', async () => {
      await harness.transport[Symbol.asyncDispose]();
      await harness.transport[Symbol.asyncDispose]();
      await expect(harness.transport.deliver(exampleEvent())).rejects.toMatchObject({ code: 'EVENTS_CLOSED' });
    });
  });

  const { openBreakable } = suite;
  if (openBreakable !== undefined) describeFaults(name, openBreakable);
}

function describeFaults(name: string, open: () => Promise<EventTransportHarness & EventTransportFaults>): void {
  describe(`${name} as an EventTransport whose other end goes away`, () => {
    let harness: EventTransportHarness & EventTransportFaults;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness[Symbol.asyncDispose]());

    it('never says that an event was handed over which was not', async () => {
      await harness.breakDown();
      const event = exampleEvent();
      await expect(harness.transport.deliver(event, { signal: AbortSignal.timeout(300) })).rejects.toThrow();
      await harness.mend();
      await poll('a delivery after the fault', WAIT, async () => {
        const signal = AbortSignal.timeout(1000);
        return await harness.transport.deliver(event, { signal }).then(
          () => true,
          () => undefined,
        );
      });
      expect(await arrived(harness, 1)).toContain(event.eventId);
    });

    it('loses nothing and keeps the order under a dispatcher', async () => {
      await using dispatcher = new EventDispatcher(harness.transport, {
        attemptMs: 500,
        backOff: { firstMs: 5, longestMs: 50 },
      });
      const before = offerInterleaved(dispatcher, 3, 5);
      await arrived(harness, 15);
      await harness.breakDown();
      const during = offerInterleaved(dispatcher, 3, 5);
      await harness.mend();
      await poll('every delivery', WAIT, () => (dispatcher.pending === 0 ? true : undefined));
      const ids = withoutRepetition(await arrived(harness, 30));
      for (const own of [...before.values(), ...during.values()]) {
        expect(ids.filter((id) => own.includes(id))).toEqual(own);
      }
    });

    it('gives up a delivery that is aborted while the other end is away', async () => {
      await harness.breakDown();
      const reason = new Error('enough');
      const controller = new AbortController();
      const delivery = harness.transport.deliver(exampleEvent(), { signal: controller.signal });
      controller.abort(reason);
      await expect(delivery).rejects.toThrow();
    });
  });
}

/** Offers events of several kernels in turn. Returns the ids of each kernel. */
function offerInterleaved(dispatcher: EventDispatcher, kernels: number, each: number): Map<string, string[]> {
  const offered = new Map(Array.from({ length: kernels }, () => [newKernelId(), [] as string[]] as const));
  for (let round = 0; round < each; round += 1) {
    for (const [kernelId, ids] of offered) {
      const event = exampleEvent(kernelId);
      ids.push(event.eventId);
      dispatcher.offer(kernelId, event);
    }
  }
  return offered;
}

/** Waits until at least so many different events have arrived. */
const arrived = (harness: EventTransportHarness, count: number): Promise<readonly string[]> =>
  poll(`${count} events`, WAIT, async () => {
    const ids = await harness.received();
    return new Set(ids).size >= count ? ids : undefined;
  });

const endingWith = (ids: readonly string[], id: string): readonly string[] | undefined =>
  ids.at(-1) === id ? ids : undefined;

/** Doubles are allowed: the first arrival of each event counts. */
const withoutRepetition = (ids: readonly string[]): string[] => [...new Set(ids)];
