/**
 * Names of the messages between agent and runner. Each message is two ZeroMQ frames, `[opcode, payload]`; a message of our extension
 * has a third one. @see spec/03 §5.2, §5.3
 */

/** Agent to runner, upstream's wire. */
export const REQUEST_OPCODES = [
  'clean',
  'build',
  'exec',
  'code',
  'input',
  'complete',
  'interrupt',
  'status',
  'start-service',
  'shutdown-service',
  'get-apps',
  'start-model-service',
  'event',
] as const;
export type RequestOpcode = (typeof REQUEST_OPCODES)[number];

/** Requests that a runner answers outside of its log; with our extension the answer carries the request's tag. */
export const ANSWERS = {
  status: 'status',
  complete: 'completion',
  'start-service': 'service-result',
  'get-apps': 'apps-result',
  'start-model-service': 'model-service-result',
} as const;
export type AnsweredOpcode = keyof typeof ANSWERS;
export type AnswerOpcode = (typeof ANSWERS)[AnsweredOpcode];

/** Runner to agent: what goes into the log of a kernel, in order. */
export const LOG_OPCODES = [
  'stdout',
  'stderr',
  'media',
  'html',
  'log',
  'waiting-input',
  'clean-finished',
  'build-finished',
  'finished',
] as const;
export type LogOpcode = (typeof LOG_OPCODES)[number];

/** Our extension. @see docs/kernel-protocol.md */
export const EXTENSION = {
  /** Agent to runner: send the log from a cursor on, in the sequenced form. */
  attach: 'bai-attach',
  /** Runner to agent: where the log begins and what runs. */
  attached: 'bai-attached',
  /** Agent to runner: how far the log was received, and how far it may be forgotten. */
  ack: 'bai-ack',
  /** Runner to agent, in the log's place: what was lost because the spool was full. */
  dropped: 'bai-dropped',
} as const;

const LOG_SET: ReadonlySet<string> = new Set<string>(LOG_OPCODES);

/** True for the opcodes whose order is kept in the runner's log. */
export function isLogOpcode(opcode: string): opcode is LogOpcode {
  return LOG_SET.has(opcode);
}
