import { AgentError } from '@bai/agent-api';
import { nullable, optional, text } from './arguments.js';
import { bindArguments, toCallArguments } from './binding.js';
import { DialectError } from './errors.js';
import { toWireFailure, type WireFailure } from './failure.js';
import { readG3Extension } from './g3/ext-values.js';
import type { CallContext, Generation, MethodForm, Reply } from './methods/method.js';
import { METHODS } from './methods/method-table.js';
import { MsgpackDecoder } from './msgpack/decoder.js';
import { MsgpackEncoder } from './msgpack/encoder.js';
import type { WireValue } from './wire-value.js';

export interface DialectLimits {
  readonly maxDepth?: number;
  readonly maxItems?: number;
}

/**
 * One generation's language, above the frames: which methods it has, how their arguments and answers look, what errors are called.
 * Keeps buffers for reuse, hence one instance per socket.
 */
export class Dialect {
  readonly generation: Generation;
  readonly #forms: ReadonlyMap<string, MethodForm | 'later'>;
  readonly #decoder: MsgpackDecoder;
  readonly #encoder = new MsgpackEncoder();

  constructor(generation: Generation, limits: DialectLimits = {}) {
    this.generation = generation;
    this.#forms = FORMS[generation];
    this.#decoder = new MsgpackDecoder(generation === 'G3' ? { ...limits, readExtension: readG3Extension } : limits);
  }

  /** Decodes the payload of a request or of an answer. @throws {DialectError} `RPC_MALFORMED` */
  decode(payload: Uint8Array): WireValue {
    return this.#decoder.decode(payload);
  }

  /** Encodes the payload of a request or of an answer, in plain types only. @see spec/02 §2.3 */
  encode(value: unknown): Buffer {
    return this.#encoder.encode(value);
  }

  /**
   * Runs a request: finds the method, binds and checks the arguments, and asks the agent. Starts at once, before it returns, so
   * that requests begin in the order of the calls; answers without a promise where the method needs none.
   *
   * @throws {DialectError} for a call that is wrong in itself, {@link AgentError} for one that the agent can't do.
   */
  call(context: CallContext, method: string, payload: Uint8Array): Reply {
    const form = this.#forms.get(method);
    if (form === undefined) throw new DialectError('RPC_UNKNOWN_METHOD', method.slice(0, 80));
    if (form === 'later') {
      throw new AgentError('NOT_SUPPORTED', `${method} is not served by this version of bai-agent: see docs/rpc.md`);
    }
    const { args, kwargs } = toCallArguments(this.decode(payload));
    const values = bindArguments(form.parameters, { args: form.adapt?.(args) ?? args, kwargs });
    if (form.takesAgentId) checkAgentId(context, values.pop());
    return form.call(context, values);
  }

  /** The reply to a request that threw. */
  toFailure(error: unknown, method: string): WireFailure {
    return toWireFailure(error, this.generation, method);
  }
}

const AGENT_ID = optional('agent_id', nullable(text), null);

const FORMS = { G2: formsOf('G2'), G3: formsOf('G3') };

function formsOf(generation: Generation): ReadonlyMap<string, MethodForm | 'later'> {
  const forms = METHODS.flatMap((method): (readonly [string, MethodForm | 'later'])[] => {
    const form = method[generation];
    if (form === undefined) return [];
    if (form === 'later' || !form.takesAgentId) return [[method.name, form]];
    return [[method.name, { ...form, parameters: [...form.parameters, AGENT_ID] }]];
  });
  return new Map(forms);
}

/** @see spec/01 §5.2 */
function checkAgentId({ agentId }: CallContext, asked: unknown): void {
  if (asked === null || asked === agentId) return;
  const known = `Agent '${String(asked)}' not found in this runtime. Available agents: ${agentId}`;
  throw new AgentError('AGENT_NOT_FOUND', known);
}
