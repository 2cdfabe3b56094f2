import { invalidAmount } from './errors.js';
import { AmountSyntaxError, SlotAmount } from './slot-amount.js';

/** Slot to device to amount: what a map has given out, in the map's order. */
export type DeviceAmounts = ReadonlyMap<string, ReadonlyMap<string, SlotAmount>>;

/** Parses an amount of one slot: a plain decimal that isn't negative. @throws AgentError `INVALID_RESOURCE_ARGUMENT` */
export function parseSlotAmount(slot: string, value: unknown): SlotAmount {
  try {
    if (typeof value !== 'string') throw new AmountSyntaxError();
    const amount = SlotAmount.parse(value);
    if (amount.sign >= 0) return amount;
  } catch (error) {
    if (!(error instanceof AmountSyntaxError)) throw error;
  }
  const example = slot === 'mem' ? 'bytes as 1073741824' : '1';
  throw invalidAmount(slot, value, `an amount: write a plain decimal that is not negative, such as ${example}`);
}
