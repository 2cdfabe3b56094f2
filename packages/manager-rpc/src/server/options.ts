import type { Agent } from '@bai/agent-api';
import type { AgentId, Logger } from '@bai/core';
import type { Generation } from '@bai/dialects';
import type { RpcLimits } from './limits.js';

/** How one request ended, for metrics. */
export interface CallReport {
  readonly method: string;
  readonly generation: Generation;
  readonly durationMs: number;
  readonly outcome: 'result' | 'failure' | 'cancelled';
  /** Python name of the exception of a failure. */
  readonly exception: string | null;
}

export interface RpcServerOptions {
  /** `tcp://HOST:PORT` to listen on; port 0 lets the system choose, see `RpcServer.address`. */
  readonly address: string;
  readonly agent: Agent;
  readonly agentId: AgentId;
  readonly logger?: Logger;
  readonly limits?: Partial<RpcLimits>;
  /** Gets what an `agent_error` event says, before the failure reply goes out. @see spec/01 §5.2 */
  readonly onAgentError?: (error: { readonly message: string; readonly traceback: string }) => void;
  readonly onCall?: (report: CallReport) => void;
}
