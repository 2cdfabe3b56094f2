import type { AttachedDevice, SlotCapacity } from '@bai/agent-api';

export type SlotType = SlotCapacity['type'];

/** One device of a plugin, and how much of which slot it carries. */
export interface ComputeDevice {
  /** Unique within the plugin; no `,` and no `:`, which `resource.txt` can't hold. @see spec/05 §1.3 */
  readonly deviceId: string;
  readonly slot: string;
  readonly type: SlotType;
  /** Exact decimal text. */
  readonly amount: string;
}

/**
 * One kind of resource of the host: `cpu`, `mem`, an accelerator. Says what there is; {@link HostResources} keeps who has it.
 * @see spec/05 §1.1, §10
 */
export interface ComputePlugin {
  /** Device name: `cpu`. Slots are named like it or `<key>.<something>`. */
  readonly key: string;
  /** How an amount is spread over devices. @see spec/05 §5.2 */
  readonly strategy: 'fill' | 'evenly';
  /** Names, or patterns with `*`, of slots that one kernel can't have two of. @see spec/05 §5.1 */
  readonly exclusiveSlots?: readonly string[];
  /** Devices that kernels may get, in their natural order. Fixed for the life of the plugin. */
  readonly devices: readonly ComputeDevice[];
  /** How devices that a kernel got are described to managers. @see spec/05 §10 */
  attached(deviceIds: readonly string[]): readonly AttachedDevice[];
}
