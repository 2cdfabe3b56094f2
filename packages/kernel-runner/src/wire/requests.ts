import { EXTENSION, ProtocolError, REQUEST_OPCODES, type RequestOpcode } from '@bai/kernel-protocol';

export type RunnerOpcode = RequestOpcode | typeof EXTENSION.attach | typeof EXTENSION.ack;

/** One message from the agent. */
export interface RunnerRequest {
  readonly opcode: RunnerOpcode;
  readonly payload: Buffer;
  /** Third frame of our extension: the run id of a task or an input, the tag of a request that is answered. */
  readonly tag: Buffer | undefined;
}

const KNOWN: ReadonlySet<string> = new Set<string>([...REQUEST_OPCODES, EXTENSION.attach, EXTENSION.ack]);

/**
 * Undefined for an opcode that this runner doesn't know: those are ignored in silence. @see spec/03 §5.2
 * @throws {ProtocolError} for a wrong number of frames.
 */
export function parseRequest(frames: readonly Buffer[]): RunnerRequest | undefined {
  const [opcodeFrame, payload, tag] = frames;
  if (opcodeFrame === undefined || payload === undefined || frames.length > 3) {
    throw new ProtocolError(`a message has two or three frames, got ${frames.length}`);
  }
  const opcode = opcodeFrame.toString('latin1');
  return isKnown(opcode) ? { opcode, payload, tag } : undefined;
}

function isKnown(opcode: string): opcode is RunnerOpcode {
  return KNOWN.has(opcode);
}
