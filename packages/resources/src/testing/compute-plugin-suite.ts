import { describe, expect, it } from 'vitest';
import type { ComputePlugin } from '../compute-plugin.js';
import { DiscreteAllocationMap } from '../discrete-map.js';
import { SlotAmount } from '../slot-amount.js';

/** The contract of {@link ComputePlugin}: every plugin passes it. `open` gives one that has devices. */
export function describeComputePlugin(name: string, open: () => ComputePlugin): void {
  describe(`${name} as a ComputePlugin`, () => {
    it('names its slots after its key, in lower case', () => {
      const { key, devices } = open();
      expect(key).toMatch(/^[a-z][a-z0-9-]*$/);
      for (const { slot } of devices) {
        expect(slot === key || slot.startsWith(`${key}.`)).toBe(true);
        expect(slot).toBe(slot.toLowerCase());
      }
    });

    it('has devices with ids of their own that resource.txt can hold', () => {
      const ids = open().devices.map(({ deviceId }) => deviceId);
      expect(ids.length).toBeGreaterThan(0);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(/^[^,:\s]+$/);
    });

    it('gives each slot one type, and each device an amount above zero', () => {
      const { devices } = open();
      for (const { slot, type, amount } of devices) {
        expect(devices.filter((other) => other.slot === slot).map((other) => other.type)).toContain(type);
        expect(SlotAmount.parse(amount).sign).toBe(1);
        if (type === 'unique') expect(amount).toBe('1');
        if (type === 'bytes') expect(SlotAmount.parse(amount).isWhole).toBe(true);
      }
      expect(new Set(devices.map(({ slot, type }) => `${slot} ${type}`)).size).toBe(
        new Set(devices.map((d) => d.slot)).size,
      );
    });

    it('tells the same devices each time', () => {
      const plugin = open();
      expect(plugin.devices).toEqual(plugin.devices);
    });

    it('describes what a kernel got, device by device', () => {
      const plugin = open();
      const ids = plugin.devices.map(({ deviceId }) => deviceId);
      expect(plugin.attached(ids).map(({ deviceId }) => deviceId)).toEqual(ids);
      expect(plugin.attached([])).toEqual([]);
    });

    it('can be given out to the last device and taken back', () => {
      const plugin = open();
      const map = new DiscreteAllocationMap(plugin);
      for (const { slot, type } of plugin.devices.slice(0, 1)) {
        const amount = type === 'unique' ? SlotAmount.of(1) : SlotAmount.of(map.total(slot).floor());
        const granted = map.allocate(new Map([[slot, amount]]));
        expect(map.available(slot).compare(map.total(slot).minus(amount))).toBe(0);
        map.free(granted);
        expect(map.available(slot).compare(map.total(slot))).toBe(0);
      }
    });
  });
}
