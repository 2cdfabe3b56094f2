import { EXTENSION, ProtocolError, REQUEST_OPCODES, type RequestOpcode } from '@bai/kernel-protocol';

export type RunnerOpcode = RequestOpcode | typeof EXTENSION.attach | typeof EXTENSION.ack;

/** One message from the agent. */
export interface RunnerRequest {
  readonly opcode: RunnerOpcode;
  readonly payload: Buffer;
  /** Third frame of our extension: the run id of a task or an input, the tag of a request that is answered. */
  readonly tag: Buffer | undefined;
}

/** Longest tag: run ids go into the header of every record. */
const TAG_BYTES = 255;

const KNOWN: ReadonlySet<string> = new Set<string>([...REQUEST_OPCODES, EXTENSION.attach, EXTENSION.ack]);

/**
 * Undefined for an opcode that this runner doesn't know: those are ignored in silence. @see spec/03 §5.2
 * @throws {ProtocolError} for a wrong number of frames, and for a third one that is too long.
 */
export function parseRequest(frames: readonly Buffer[]): RunnerRequest | undefined {
  const [opcodeFrame, payload, tag] = frames;
  if (opcodeFrame === undefined || payload === undefined || frames.length > 3) {
    throw new ProtocolError(`a message has two or three frames, got ${frames.length}`);
  }
  if (tag !== undefined && tag.length > TAG_BYTES) {
    throw new ProtocolError(`a run id or tag has at most ${TAG_BYTES} bytes, got ${tag.length}`);
  }
  const opcode = opcodeFrame.toString('latin1');
  return isKnown(opcode) ? { opcode, payload, tag } : undefined;
}

function isKnown(opcode: string): opcode is RunnerOpcode {
  return KNOWN.has(opcode);
}
