import { Buffer } from 'node:buffer';
import type { MessageHeader } from '../callosum/header.js';
import type { InboundCall } from './inbound-call.js';

/**
 * The requests at work, by client and by id. Two requests with the same id are two requests: upstream runs both, too.
 * @see spec/01 §3.2
 */
export class InFlightCalls {
  readonly #calls = new Map<string, Set<InboundCall>>();
  readonly #perClient = new Map<string, number>();
  #size = 0;
  #bytes = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes of the bodies of all these requests. */
  get bytes(): number {
    return this.#bytes;
  }

  ofClient(identity: Buffer): number {
    return this.#perClient.get(clientKey(identity)) ?? 0;
  }

  add(call: InboundCall): void {
    const key = callKey(call.identity, call.header);
    const same = this.#calls.get(key);
    if (same === undefined) this.#calls.set(key, new Set([call]));
    else same.add(call);
    this.#count(call, 1);
  }

  delete(call: InboundCall): void {
    const key = callKey(call.identity, call.header);
    const same = this.#calls.get(key);
    if (same?.delete(call) !== true) return;
    if (same.size === 0) this.#calls.delete(key);
    this.#count(call, -1);
  }

  /** The requests that a CANCEL with this header means. */
  matching(identity: Buffer, header: MessageHeader): readonly InboundCall[] {
    return [...(this.#calls.get(callKey(identity, header)) ?? [])];
  }

  all(): readonly InboundCall[] {
    return [...this.#calls.values()].flatMap((calls) => [...calls]);
  }

  #count({ identity, bodyBytes }: InboundCall, change: 1 | -1): void {
    const key = clientKey(identity);
    const count = (this.#perClient.get(key) ?? 0) + change;
    if (count === 0) this.#perClient.delete(key);
    else this.#perClient.set(key, count);
    this.#size += change;
    this.#bytes += change * bodyBytes;
  }
}

const clientKey = (identity: Buffer): string => identity.toString('latin1');

function callKey(identity: Buffer, { method, okey, seq }: MessageHeader): string {
  const order = typeof okey === 'string' ? `s${okey}` : `b${Buffer.from(okey).toString('latin1')}`;
  return JSON.stringify([clientKey(identity), method, order, seq]);
}
