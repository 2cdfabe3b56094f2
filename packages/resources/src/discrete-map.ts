import { AgentError } from '@bai/agent-api';
import { BugError } from '@bai/core';
import type { DeviceAmounts } from './amounts.js';
import type { ComputeDevice, ComputePlugin } from './compute-plugin.js';
import { insufficientResource } from './errors.js';
import { findExclusiveConflict } from './exclusive-slots.js';
import { SlotAmount } from './slot-amount.js';

/** A device, what it has and what of it is taken. */
interface Cell {
  readonly device: ComputeDevice;
  readonly capacity: SlotAmount;
  used: SlotAmount;
}

/**
 * Who has how much of the devices of one plugin. Gives amounts out whole or not at all, never more than there is.
 * The results are those of G3 without hints about NUMA nodes. @see spec/05 §5.1, §5.2
 */
export class DiscreteAllocationMap {
  readonly #plugin: Pick<ComputePlugin, 'key' | 'strategy' | 'exclusiveSlots' | 'devices'>;
  /** Slot to device id to cell, in the order of the devices. */
  readonly #cells = new Map<string, Map<string, Cell>>();

  constructor(plugin: Pick<ComputePlugin, 'key' | 'strategy' | 'exclusiveSlots' | 'devices'>) {
    this.#plugin = plugin;
    for (const device of plugin.devices) {
      const cells = this.#cells.get(device.slot) ?? new Map<string, Cell>();
      cells.set(device.deviceId, { device, capacity: SlotAmount.parse(device.amount), used: SlotAmount.zero() });
      this.#cells.set(device.slot, cells);
    }
  }

  /** Sum of what the devices of a slot have. */
  total(slot: string): SlotAmount {
    return SlotAmount.sum(this.#cellsOf(slot).map((cell) => cell.capacity));
  }

  /** Sum of what is free. */
  available(slot: string): SlotAmount {
    return SlotAmount.sum(this.#cellsOf(slot).map(freeOf));
  }

  /** What is taken of each device. */
  get used(): DeviceAmounts {
    const ofSlot = (cells: Map<string, Cell>) => new Map([...cells].map(([id, cell]) => [id, cell.used]));
    return new Map([...this.#cells].map(([slot, cells]) => [slot, ofSlot(cells)]));
  }

  /**
   * Takes amounts of slots of this map; zero amounts are left out.
   * @throws AgentError `INSUFFICIENT_RESOURCE`, `INVALID_RESOURCE_ARGUMENT`; nothing is taken then
   */
  allocate(slots: ReadonlyMap<string, SlotAmount>): DeviceAmounts {
    const wanted = [...slots].filter(([, amount]) => amount.sign > 0);
    this.#check(wanted);
    const spread = this.#plugin.strategy === 'fill' ? fill : evenly;
    const plan = wanted.map(([slot, amount]) => {
      const at = { slot, tag: this.#plugin.key, requested: amount };
      return [slot, spread(this.#cellsOf(slot), amount, at)] as const;
    });
    const granted = new Map(plan);
    this.apply(granted);
    return granted;
  }

  /** Takes exactly these amounts, even if devices then have less than nothing: for what kernels already have. */
  apply(amounts: DeviceAmounts): void {
    this.#change(amounts, (cell, amount) => cell.used.plus(amount));
  }

  /** Gives amounts back. */
  free(amounts: DeviceAmounts): void {
    this.#change(amounts, (cell, amount) => {
      const rest = cell.used.minus(amount);
      if (rest.sign < 0) throw new BugError(`more of device ${cell.device.deviceId} is given back than was taken`);
      return rest;
    });
  }

  /** Amounts of devices that this map doesn't have (they left the host) count nowhere. */
  #change(amounts: DeviceAmounts, change: (cell: Cell, amount: SlotAmount) => SlotAmount): void {
    for (const [slot, devices] of amounts) {
      for (const [deviceId, amount] of devices) {
        const cell = this.#cells.get(slot)?.get(deviceId);
        if (cell !== undefined) cell.used = change(cell, amount);
      }
    }
  }

  #check(wanted: readonly (readonly [string, SlotAmount])[]): void {
    const names = wanted.map(([slot]) => slot);
    const conflict = findExclusiveConflict(names, this.#plugin.exclusiveSlots ?? []);
    if (conflict !== undefined) {
      const [a, b] = conflict;
      throw new AgentError('INVALID_RESOURCE_ARGUMENT', `Slots ${a} and ${b} cannot be allocated at the same time.`, {
        details: { slot: a, conflictsWith: b },
      });
    }
    for (const [slot, amount] of wanted) {
      const isUnique = this.#cellsOf(slot).some((cell) => cell.device.type === 'unique');
      if (!isUnique || amount.compare(SlotAmount.of(1)) === 0) continue;
      throw new AgentError('INVALID_RESOURCE_ARGUMENT', `You may allocate only 1 for the unique-type slot ${slot}`, {
        details: { slot, requested: amount.toString() },
      });
    }
  }

  #cellsOf(slot: string): Cell[] {
    return [...(this.#cells.get(slot)?.values() ?? [])];
  }
}

type Where = { readonly slot: string; readonly tag: string; readonly requested: SlotAmount };
type Spread = (cells: readonly Cell[], amount: SlotAmount, where: Where) => ReadonlyMap<string, SlotAmount>;

/** What is left of a device; never below zero, also where restored kernels hold more than there is now. */
function freeOf(cell: Cell): SlotAmount {
  const free = cell.capacity.minus(cell.used);
  return free.sign < 0 ? SlotAmount.zero() : free;
}

/** Ties keep the order of the devices. */
const mostFreeFirst = (cells: readonly Cell[]): Cell[] => [...cells].sort((a, b) => freeOf(b).compare(freeOf(a)));

/** Empties one device after the other, the one with the most free first. */
const fill: Spread = (cells, amount, where) => {
  const order = mostFreeFirst(cells);
  const total = SlotAmount.sum(order.map((cell) => SlotAmount.of(freeOf(cell).floor())));
  if (total.compare(amount) < 0) throw insufficientResource({ ...where, total });
  const granted = new Map<string, SlotAmount>();
  let rest = amount;
  for (const cell of order) {
    if (rest.sign <= 0) break;
    const share = SlotAmount.min(rest, freeOf(cell));
    if (share.sign > 0) granted.set(cell.device.deviceId, share);
    rest = rest.minus(share);
  }
  return granted;
};

/**
 * Gives every device that has something free an equal part, in rounds, until all is given. Only whole units; a fraction of the request
 * is dropped. The result is in the order of the devices.
 */
const evenly: Spread = (cells, amount, where) => {
  const left = new Map(mostFreeFirst(cells).map((cell) => [cell, freeOf(cell).floor()]));
  const total = SlotAmount.of([...left.values()].reduce((sum, units) => sum + units, 0n));
  let rest = amount.floor();
  if (total.compare(SlotAmount.of(rest)) < 0) throw insufficientResource({ ...where, total });
  while (rest > 0n) {
    const candidates = [...left].filter(([, units]) => units > 0n);
    const [base, extra] = [rest / BigInt(candidates.length), rest % BigInt(candidates.length)];
    for (const [index, [cell, units]] of candidates.entries()) {
      const quota = base + (BigInt(index) < extra ? 1n : 0n);
      const share = quota < units ? quota : units;
      left.set(cell, units - share);
      rest -= share;
    }
  }
  const shares = cells.map((cell) => [cell, freeOf(cell).floor() - (left.get(cell) ?? 0n)] as const);
  const given = shares.filter(([, units]) => units > 0n);
  return new Map(given.map(([cell, units]) => [cell.device.deviceId, SlotAmount.of(units)]));
};
