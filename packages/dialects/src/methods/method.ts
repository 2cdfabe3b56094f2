import type { Agent } from '@bai/agent-api';
import type { AgentId } from '@bai/core';
import type { Parameter } from '../arguments.js';
import type { WireValue } from '../wire-value.js';

/** Generations of managers whose calls are understood. @see spec/01, spec/09: G3 stands for its released lines as well */
export type Generation = 'G2' | 'G3';

/** What a method gets besides its arguments. */
export interface CallContext {
  readonly agent: Agent;
  readonly agentId: AgentId;
  /** Aborts when the caller cancels the call, or when the server closes. */
  readonly signal: AbortSignal;
}

/** What a method answers: data that has an encoding. `object` stands for readonly records of the domain. */
export type Reply = WireValue | object | Promise<WireValue | object>;

/** How one generation calls a method. */
export interface MethodForm {
  readonly parameters: readonly Parameter<unknown>[];
  /** True when an optional `agent_id` follows the parameters. @see spec/01 §5.2 */
  readonly takesAgentId: boolean;
  /** Positional arguments of callers that are known to send other ones, brought into the form of `parameters`. */
  readonly adapt?: (args: readonly WireValue[]) => readonly WireValue[];
  call(context: CallContext, values: readonly unknown[]): Reply;
}

/** One line of the method table. */
export interface Method {
  readonly name: string;
  /** One sentence for the documentation. */
  readonly summary: string;
  /** A form; `later` for what this generation has and this version doesn't serve yet; absent where managers don't know it. */
  readonly G2?: MethodForm | 'later';
  readonly G3?: MethodForm | 'later';
}

type Values<P extends readonly Parameter<unknown>[]> = {
  [I in keyof P]: P[I] extends Parameter<infer T> ? T : never;
};

interface FormOptions {
  readonly agentId?: boolean;
  readonly adapt?: MethodForm['adapt'];
}

function form<const P extends readonly Parameter<unknown>[]>(
  parameters: P,
  call: (context: CallContext, ...values: Values<P>) => Reply,
  options: FormOptions,
): MethodForm {
  return {
    parameters,
    takesAgentId: options.agentId ?? false,
    ...(options.adapt === undefined ? {} : { adapt: options.adapt }),
    // `bindArguments` answers one value per parameter, each from that parameter's own parser.
    call: (context, values) => call(context, ...(values as unknown as Values<P>)),
  };
}

/** A method as G2 managers call it. */
export const g2 = <const P extends readonly Parameter<unknown>[]>(
  parameters: P,
  call: (context: CallContext, ...values: Values<P>) => Reply,
  options: Omit<FormOptions, 'agentId'> = {},
): MethodForm => form(parameters, call, options);

/** A method as G3 managers call it: with an optional `agent_id` at the end, unless `agentId` is false. */
export const g3 = <const P extends readonly Parameter<unknown>[]>(
  parameters: P,
  call: (context: CallContext, ...values: Values<P>) => Reply,
  options: FormOptions = {},
): MethodForm => form(parameters, call, { agentId: true, ...options });
