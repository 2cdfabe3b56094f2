import { AgentError, type Allocations, type AttachedDevice, type SlotCapacity } from '@bai/agent-api';
import { type KernelId, type Logger, nullLogger } from '@bai/core';
import { formatCpuList } from '@bai/linux';
import { type DeviceAmounts, parseSlotAmount } from './amounts.js';
import type { ComputePlugin } from './compute-plugin.js';
import { DiscreteAllocationMap } from './discrete-map.js';
import { invalidAmount, unsupportedResource } from './errors.js';
import { hostCpu } from './host-cpu.js';
import { hostMemory } from './host-memory.js';
import { ResourcesError } from './resources-error.js';
import { SlotAmount } from './slot-amount.js';

export interface HostResourcesOptions {
  /** Cores that no kernel gets. */
  readonly reservedCpu: number;
  /** How many kernels may share one core: a whole number from 1 to 10, default 1. @see spec/05 §10.1 */
  readonly cpuOvercommit?: number;
  /** Bytes that no kernel gets. */
  readonly reservedMem: bigint;
  /** Reported memory is cut to a multiple of this, in bytes. Default 16 MiB. */
  readonly memoryAlignSize?: bigint;
  /** Folder that holds `proc` and `sys`. For tests. */
  readonly root?: string;
  readonly logger?: Logger;
}

/** What one kernel got. */
export interface ResourceGrant {
  readonly allocations: Allocations;
  /** Its cores as the kernel of the host lists them (`0-2,5`), or undefined where none of them is there any more. */
  readonly cpuset: string | undefined;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly attachedDevices: Readonly<Record<string, readonly AttachedDevice[]>>;
}

interface Part {
  readonly plugin: ComputePlugin;
  readonly map: DiscreteAllocationMap;
}

/** Device name to what it gave. */
type Holding = ReadonlyMap<string, DeviceAmounts>;

/** Slots without which there is no kernel. @see spec/05 §4.3 */
const REQUIRED = ['cpu', 'mem'];

/**
 * The ledger of the host: which kernel has what. All in memory and synchronous, so that nothing comes between asking and taking; the
 * records of the kernels are what lasts, and {@link restore} brings it back from them.
 */
export class HostResources {
  readonly #parts: readonly Part[];
  readonly #logger: Logger;
  readonly #holdings = new Map<KernelId, { readonly holding: Holding; readonly grant: ResourceGrant }>();

  /** For a set of plugins of one's own; `cpu` and `mem` must be among them. */
  constructor(plugins: readonly ComputePlugin[], logger: Logger = nullLogger) {
    this.#parts = plugins.map((plugin) => ({ plugin, map: new DiscreteAllocationMap(plugin) }));
    this.#logger = logger.child({ name: 'resources:HostResources' });
  }

  /** Looks at this host: the cores and the memory that the agent itself may use. @throws ResourcesError `HOST_UNREADABLE` */
  static open(options: HostResourcesOptions): HostResources {
    const { root = '/', logger = nullLogger } = options;
    const memory = { reservedBytes: options.reservedMem, alignBytes: options.memoryAlignSize ?? 16n * 1024n * 1024n };
    const cpu = { reserved: options.reservedCpu, overcommit: checkOvercommit(options.cpuOvercommit ?? 1) };
    return new HostResources([hostCpu({ ...cpu, root, logger }), hostMemory({ ...memory, root, logger })], logger);
  }

  /** Every slot, with what kernels may get of it and what is free now. */
  capacity(): readonly SlotCapacity[] {
    return this.#parts.flatMap(({ plugin, map }) => {
      const types = new Map(plugin.devices.map(({ slot, type }) => [slot, type]));
      return [...types].map(([slot, type]) => {
        return { slot, type, total: map.total(slot).toString(), available: map.available(slot).toString() };
      });
    });
  }

  /**
   * Gives a kernel what it asks for, or nothing. A slot of zero that isn't here is passed over. @see spec/05 §4.3
   * @throws AgentError `INSUFFICIENT_RESOURCE`, `UNSUPPORTED_RESOURCE`, `INVALID_RESOURCE_ARGUMENT`, `KERNEL_EXISTS`
   */
  allocate(kernelId: KernelId, slots: Readonly<Record<string, string>>): ResourceGrant {
    this.#assertNew(kernelId);
    const wanted = this.#parseRequest(slots);
    const holding = new Map<string, DeviceAmounts>();
    try {
      for (const { plugin, map } of this.#parts) {
        const ofPlugin = [...wanted].filter(([slot]) => deviceNameOf(slot) === plugin.key);
        holding.set(plugin.key, map.allocate(new Map(ofPlugin)));
      }
    } catch (error) {
      this.#free(holding);
      throw error;
    }
    return this.#enter(kernelId, holding);
  }

  /**
   * Takes for a kernel of before exactly what its record says, also where less than that is left now. Devices that left the host are
   * kept in the record and logged. @throws AgentError `KERNEL_EXISTS`, `INVALID_RESOURCE_ARGUMENT`
   */
  restore(kernelId: KernelId, allocations: Allocations): ResourceGrant {
    this.#assertNew(kernelId);
    const holding = fromAllocations(allocations);
    for (const [key, amounts] of holding) {
      const part = this.#parts.find(({ plugin }) => plugin.key === key);
      const known = new Set(part?.plugin.devices.map(({ deviceId }) => deviceId));
      const gone = [...amounts.values()].flatMap((devices) => [...devices.keys()]).filter((id) => !known.has(id));
      if (gone.length > 0)
        this.#logger.warn('a kernel holds devices that are not given out any more', { kernelId, key, gone });
      part?.map.apply(amounts);
    }
    return this.#enter(kernelId, holding);
  }

  /** Gives back what a kernel has. One that has nothing is fine. */
  release(kernelId: KernelId): void {
    const entry = this.#holdings.get(kernelId);
    if (entry === undefined) return;
    this.#holdings.delete(kernelId);
    this.#free(entry.holding);
  }

  inUse(): ReadonlyMap<KernelId, Allocations> {
    return new Map([...this.#holdings].map(([kernelId, { grant }]) => [kernelId, grant.allocations]));
  }

  #assertNew(kernelId: KernelId): void {
    if (!this.#holdings.has(kernelId)) return;
    throw new AgentError('KERNEL_EXISTS', `kernel ${kernelId} has its resources already: release them first`, {
      details: { kernelId },
    });
  }

  #parseRequest(slots: Readonly<Record<string, string>>): ReadonlyMap<string, SlotAmount> {
    const wanted = new Map(Object.entries(slots).map(([slot, text]) => [slot, parseSlotAmount(slot, text)]));
    for (const slot of REQUIRED) {
      const amount = wanted.get(slot);
      if (amount === undefined) throw unsupportedResource(slot, `${slot} slot is required`);
      if (amount.sign === 0) throw invalidAmount(slot, slots[slot], 'enough: every kernel needs more than zero of it');
    }
    const known = new Set(this.#parts.flatMap(({ plugin }) => plugin.devices.map(({ slot }) => slot)));
    for (const [slot, amount] of wanted) {
      if (!known.has(slot) && amount.sign > 0) {
        throw unsupportedResource(slot, `this agent has no slot ${slot}: it has ${[...known].join(', ')}`);
      }
      if (!amount.isWhole) throw invalidAmount(slot, slots[slot], 'a whole number, which this slot needs');
    }
    return wanted;
  }

  #enter(kernelId: KernelId, holding: Holding): ResourceGrant {
    const grant = this.#describe(holding);
    this.#holdings.set(kernelId, { holding, grant });
    return grant;
  }

  #free(holding: Holding): void {
    for (const [key, amounts] of holding) this.#parts.find(({ plugin }) => plugin.key === key)?.map.free(amounts);
  }

  #describe(holding: Holding): ResourceGrant {
    const cores = [...(holding.get('cpu')?.get('cpu')?.keys() ?? [])];
    const usable = new Set(
      this.#parts.find(({ plugin }) => plugin.key === 'cpu')?.plugin.devices.map((d) => d.deviceId),
    );
    const present = cores.filter((core) => usable.has(core));
    const attached = this.#parts.map(({ plugin }) => {
      const deviceIds = [...(holding.get(plugin.key)?.values() ?? [])].flatMap((devices) => [...devices.keys()]);
      return [plugin.key, plugin.attached(deviceIds)] as const;
    });
    return {
      allocations: toAllocations(holding),
      cpuset: present.length === 0 ? undefined : formatCpuList(present.map(Number)),
      // Cores, not amounts: two units of one overcommitted core are still one core. @see spec/05 §10.2
      cpus: cores.length,
      memoryBytes: Number(sumOf(holding, 'mem')),
      attachedDevices: Object.fromEntries(attached),
    };
  }
}

function checkOvercommit(factor: number): number {
  if (Number.isInteger(factor) && factor >= 1 && factor <= 10) return factor;
  throw new ResourcesError(
    'OVERCOMMIT_INVALID',
    `BACKEND_CPU_OVERCOMMIT_FACTOR must be a whole number from 1 to 10, got ${factor}`,
  );
}

const deviceNameOf = (slot: string): string => slot.split('.', 1)[0] ?? slot;

const sumOf = (holding: Holding, slot: string): SlotAmount =>
  SlotAmount.sum(holding.get(slot)?.get(slot)?.values() ?? []);

function toAllocations(holding: Holding): Allocations {
  const ofDevices = (devices: ReadonlyMap<string, SlotAmount>) =>
    Object.fromEntries([...devices].map(([deviceId, amount]) => [deviceId, amount.toString()]));
  const ofSlots = (amounts: DeviceAmounts) =>
    Object.fromEntries([...amounts].map(([slot, devices]) => [slot, ofDevices(devices)]));
  return Object.fromEntries([...holding].map(([key, amounts]) => [key, ofSlots(amounts)]));
}

function fromAllocations(allocations: Allocations): Holding {
  const ofDevices = (slot: string, devices: Readonly<Record<string, string>>) =>
    new Map(Object.entries(devices).map(([deviceId, text]) => [deviceId, parseSlotAmount(slot, text)]));
  const ofSlots = (slots: Allocations[string]) =>
    new Map(Object.entries(slots).map(([slot, devices]) => [slot, ofDevices(slot, devices)]));
  return new Map(Object.entries(allocations).map(([key, slots]) => [key, ofSlots(slots)]));
}
