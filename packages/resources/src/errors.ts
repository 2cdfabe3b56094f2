import { AgentError } from '@bai/agent-api';
import type { SlotAmount } from './slot-amount.js';

/** Less is free than was asked for. `tag` is the device name. The texts are upstream's. @see spec/05 §4.5 */
export function insufficientResource(at: {
  readonly slot: string;
  readonly tag: string;
  readonly requested: SlotAmount;
  readonly total: SlotAmount;
}): AgentError {
  const { slot, tag } = at;
  const [requested, total] = [at.requested.toString(), at.total.toString()];
  const message =
    `DiscretePropertyAllocMap: insufficient allocatable amount! ` +
    `(${slot} (tag: '${tag}'), allocating ${requested} out of ${total})`;
  return new AgentError('INSUFFICIENT_RESOURCE', message, {
    details: { slot, tag, requested, total },
    retryable: true,
  });
}

/** A slot that this agent hasn't got, or one that every kernel must ask for and this one doesn't. */
export const unsupportedResource = (slot: string, message: string): AgentError =>
  new AgentError('UNSUPPORTED_RESOURCE', message, { details: { slot } });

/** An amount that can't be meant. */
export const invalidAmount = (slot: string, value: unknown, expected: string): AgentError => {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value);
  return new AgentError('INVALID_RESOURCE_ARGUMENT', `slot ${slot}: ${shown} is not ${expected}`, {
    details: { slot, value: shown },
  });
};
