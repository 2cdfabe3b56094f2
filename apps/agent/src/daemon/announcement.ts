import type { AgentId } from '@bai/core';
import type { Registry } from '@bai/registry';

/** Says in the registry that the agent takes calls, and takes it back. @see spec/04 §2.1 */
export class Announcement implements AsyncDisposable {
  readonly #registry: Registry;
  readonly #key: string;

  private constructor(registry: Registry, key: string) {
    this.#registry = registry;
    this.#key = key;
  }

  /** @param ip the host at which the agent listens. */
  static async make(registry: Registry, agentId: AgentId, ip: string): Promise<Announcement> {
    const key = `nodes/agents/${agentId}`;
    await registry.putMany({ [key]: 'running', [`${key}/ip`]: ip });
    return new Announcement(registry, key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry.deletePrefix(this.#key, { scope: 'global' });
  }
}
