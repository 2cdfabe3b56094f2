import type { AgentRuntime } from '@bai/agent-runtime';
import type { AgentFileSettings } from '@bai/config';
import { DisposalStack, type Logger } from '@bai/core';
import { bindAgent } from './agent.js';
import { bindContainers } from './containers.js';
import { bindEvents } from './events.js';
import { bindRegistry } from './registry.js';
import { bindResources } from './resources.js';
import { bindRpc } from './rpc.js';
import { newContainer, type Scope } from './scope.js';
import { bindTelemetry } from './telemetry.js';
import { AGENT, ANNOUNCEMENT, FILE_SETTINGS, LOGGER, PID_FILE, REGISTRY, RPC_SERVER } from './tokens.js';

export interface DaemonOptions {
  readonly settings: AgentFileSettings;
  readonly logger: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Replaces bindings, for tests. */
  readonly rebind?: (scope: Scope) => void;
}

/** A whole agent of this process: disposing it closes its parts, newest first. */
export class Daemon implements AsyncDisposable {
  readonly agent: AgentRuntime;
  /** `HOST:PORT` */
  readonly address: string;
  readonly #stack: DisposalStack;

  private constructor(agent: AgentRuntime, address: string, stack: DisposalStack) {
    this.agent = agent;
    this.address = address;
    this.#stack = stack;
  }

  /** Opens part after part. When one fails, kernels of an earlier life go on, whatever `agent.on-stop` says. */
  static async open({ settings, logger, env, rebind }: DaemonOptions): Promise<Daemon> {
    await using opening = new DisposalStack();
    const scope: Scope = { container: newContainer(), stack: opening };
    scope.container.registerInstance(FILE_SETTINGS, settings);
    scope.container.registerInstance(LOGGER, logger);
    bindTelemetry(scope);
    bindEvents(scope);
    bindContainers(scope);
    bindResources(scope, env);
    bindAgent(scope, env);
    bindRpc(scope);
    bindRegistry(scope);
    rebind?.(scope);
    await scope.container.resolve(REGISTRY);
    const agent = await scope.container.resolve(AGENT);
    try {
      await scope.container.resolve(PID_FILE);
      const server = await scope.container.resolve(RPC_SERVER);
      // Last: whoever reads it may call at once.
      await scope.container.resolve(ANNOUNCEMENT);
      return new Daemon(agent, server.address.replace(/^tcp:\/\//, ''), opening.move());
    } catch (error) {
      await agent.close({ kernels: 'keep' });
      throw error;
    }
  }

  /** What is open, in the order of creation. */
  get parts(): readonly string[] {
    return this.#stack.names;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack[Symbol.asyncDispose]();
  }
}
