import { type Allocations, InvalidArgumentError, type MountPermission } from '@bai/agent-api';
import { BaiError, formatShortSize, parseSize } from '@bai/core';
import { parseSlotAmount } from './amounts.js';
import { ResourcesError } from './resources-error.js';
import { SlotAmount } from './slot-amount.js';

/** A mount as far as `resource.txt` knows it. */
export interface ResourceMount {
  /** Absolute path, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly permission: MountPermission;
}

/** What `resource.txt` tells the programs in a kernel. */
export interface ResourceText {
  /** Requested amounts. */
  readonly slots: Readonly<Record<string, string>>;
  readonly allocations: Allocations;
  readonly mounts: readonly ResourceMount[];
  /** Known once the container exists. */
  readonly containerId?: string | undefined;
}

/** Slots in bytes are written as sizes, which is lossy: read memory back from the record, never from this file. */
const isBytes = (slot: string): boolean => slot === 'mem';

/**
 * Writes `resource.txt` in the form of G3. Output only: the agent never decides by it.
 * @throws InvalidArgumentError for a mount that the form can't hold
 * @see spec/05 §6.1
 */
export function formatResourceText(resource: ResourceText): string {
  const slots = Object.entries(resource.slots).map(([slot, text]) => [slot, parseSlotAmount(slot, text).toShortText()]);
  const shares = Object.values(resource.allocations).flatMap((ofPlugin) => Object.entries(ofPlugin));
  const lines = [
    'SCRATCH_SIZE=0m',
    `MOUNTS=${resource.mounts.map(formatMount).join(',')}`,
    `SLOTS=${JSON.stringify(Object.fromEntries(slots))}`,
    'UNIFIED_DEVICES=[]',
    ...shares
      .filter(([, devices]) => Object.keys(devices).length > 0)
      .map(([slot, devices]) => formatShares(slot, devices)),
    ...(resource.containerId === undefined ? [] : [`CID=${resource.containerId}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Reads `resource.txt` of G3 (and what it shares with G1 and G2). @throws ResourcesError `RESOURCE_TEXT_INVALID` @see spec/05 §6.4 */
export function parseResourceText(text: string): ResourceText {
  const fields = new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
  const required = (key: string): string => {
    const value = fields.get(key);
    if (value === undefined) throw invalid(`has no line ${key}=`);
    return value;
  };
  required('SCRATCH_SIZE');
  const mounts = required('MOUNTS')
    .split(',')
    .filter((mount) => mount !== '')
    .map(parseMount);
  const slots = parseSlots(required('SLOTS'));
  const containerId = fields.get('CID');
  return {
    slots,
    allocations: parseAllocations(fields),
    mounts,
    ...(containerId === undefined ? {} : { containerId }),
  };
}

function formatMount({ source, target, permission }: ResourceMount): string {
  for (const path of [source, target]) {
    if (/[,:\r\n]/.test(path)) {
      throw new InvalidArgumentError(
        'mounts',
        `${JSON.stringify(path)} has ',', ':' or a line break, which resource.txt can't hold`,
      );
    }
  }
  return `${source}:${target}:${permission}`;
}

function formatShares(slot: string, devices: Readonly<Record<string, string>>): string {
  const shares = Object.entries(devices).map(([deviceId, text]) => {
    const amount = parseSlotAmount(slot, text);
    return `${deviceId}:${isBytes(slot) ? formatShortSize(amount.floor()) : amount.toString()}`;
  });
  return `${slot.toUpperCase()}_SHARES=${shares.join(',')}`;
}

function parseMount(text: string): ResourceMount {
  const [source, target, permission, ...rest] = text.split(':');
  const isKnown = permission === 'ro' || permission === 'rw' || permission === 'wd';
  if (source === undefined || target === undefined || !isKnown || rest.length > 0) {
    throw invalid(`has a mount that is not source:target:ro|rw|wd: ${JSON.stringify(text)}`);
  }
  return { source, target, permission };
}

function parseSlots(text: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('has SLOTS that are not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('has SLOTS that are not an object');
  return Object.fromEntries(Object.entries(value).map(([slot, amount]) => [slot, parseAmount(slot, amount)]));
}

function parseAllocations(fields: ReadonlyMap<string, string>): Allocations {
  const allocations = new Map<string, [string, Record<string, string>][]>();
  for (const [key, value] of fields) {
    if (!key.endsWith('_SHARES')) continue;
    const slot = key.slice(0, -'_SHARES'.length).toLowerCase();
    const plugin = slot.split('.', 1)[0] ?? slot;
    allocations.set(plugin, [...(allocations.get(plugin) ?? []), [slot, parseShares(slot, value)]]);
  }
  return Object.fromEntries([...allocations].map(([plugin, slots]) => [plugin, Object.fromEntries(slots)]));
}

function parseShares(slot: string, text: string): Record<string, string> {
  const shares = text.split(',').flatMap((share) => {
    const at = share.indexOf(':');
    const [deviceId, amount] = [share.slice(0, at), share.slice(at + 1)];
    return at <= 0 || amount === ''
      ? []
      : [[deviceId, parseAmount(slot, isBytes(slot) ? bytesOf(amount) : amount)] as const];
  });
  return Object.fromEntries(shares);
}

function parseAmount(slot: string, value: unknown): string {
  try {
    return parseSlotAmount(slot, value).toString();
  } catch (cause) {
    throw cause instanceof BaiError ? invalid(`has an amount of ${slot} that can't be read`, cause) : cause;
  }
}

function bytesOf(text: string): string {
  try {
    return SlotAmount.of(parseSize(text)).toString();
  } catch (cause) {
    throw invalid(`has a size that can't be read: ${JSON.stringify(text)}`, cause);
  }
}

const invalid = (problem: string, cause?: unknown): ResourcesError =>
  new ResourcesError('RESOURCE_TEXT_INVALID', `resource.txt ${problem}`, { cause });
