import type { KernelId, SessionId } from '@bai/core';
import type { CreatedKernel } from './kernel-spec.js';

/** Why a kernel ended. Free text from managers passes through; the agent itself uses these. @see spec/02 §5.5 */
export type TerminationReason = string;

/** Every event has an id of its own, the same at each delivery, so that a consumer can drop doubles. */
interface EventBase {
  readonly eventId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

interface KernelEventBase extends EventBase {
  readonly kernelId: KernelId;
  readonly sessionId: SessionId;
  readonly creationId: string | null;
}

/** What the agent tells the world. Announcements, not commands. @see spec/04 §6 */
export type AgentEvent =
  | (EventBase & { readonly type: 'agent-started'; readonly reason: string })
  | (EventBase & { readonly type: 'agent-terminated'; readonly reason: string })
  | (EventBase & { readonly type: 'agent-error'; readonly message: string; readonly traceback: string })
  | (KernelEventBase & { readonly type: 'kernel-preparing' })
  | (KernelEventBase & { readonly type: 'kernel-pulling'; readonly image: string })
  | (KernelEventBase & { readonly type: 'kernel-creating' })
  | (KernelEventBase & { readonly type: 'kernel-started'; readonly kernel: CreatedKernel })
  | (KernelEventBase & {
      readonly type: 'kernel-terminated';
      readonly reason: TerminationReason;
      /** Exit status of the container, or null when it is unknown. */
      readonly exitCode: number | null;
    })
  | (EventBase & {
      readonly type: 'execution-started' | 'execution-finished' | 'execution-timeout' | 'execution-cancelled';
      readonly kernelId: KernelId;
      readonly sessionId: SessionId;
    });

export type AgentEventType = AgentEvent['type'];
