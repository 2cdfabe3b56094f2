import type { Agent } from '@bai/agent-api';
import type { AgentId } from '@bai/core';
import type { CallContext, Dialect } from '@bai/dialects';
import type { MessageHeader } from '../callosum/header.js';

/** One request at work. Its signal is made when it is asked for: a method that answers at once needs none. */
export class InboundCall implements CallContext {
  readonly startedAt = performance.now();
  /** True after the caller gave the call up: nobody waits for a reply. */
  cancelled = false;
  #controller: AbortController | undefined;

  constructor(
    readonly agent: Agent,
    readonly agentId: AgentId,
    readonly dialect: Dialect,
    readonly identity: Buffer,
    readonly header: MessageHeader,
    readonly bodyBytes: number,
  ) {}

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }
}
