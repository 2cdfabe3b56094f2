import type { AgentInfo, SlotCapacity } from '@bai/agent-api';
import { formatSize } from '@bai/core';

/** What an agent has to offer, for people: one line per kind. */
export function describeAgent({ slots, images, runtime }: AgentInfo): readonly string[] {
  const names = images.map(({ canonical }) => canonical);
  const none = 'none: install python3, or another interpreter';
  return [
    `  runtime  ${runtime}`,
    `  slots    ${slots.map(describeSlot).join(', ')}`,
    `  images   ${names.length === 0 ? none : names.join(', ')}`,
  ];
}

export function describeSlot({ slot, type, total, available }: SlotCapacity): string {
  const amount = (text: string) => (type === 'bytes' && /^\d+$/.test(text) ? formatSize(BigInt(text)) : text);
  const free = available === total ? '' : ` (${amount(available)} free)`;
  return `${slot} ${amount(total)}${free}`;
}
