import { AgentError, type AgentErrorCode } from '@bai/agent-api';
import { BaiError, describeError, errorCode } from '@bai/core';
import type { Generation } from './methods/method.js';
import { pythonRepr } from './python-repr.js';

/** The three texts of a failure reply. @see spec/01 §3.5 */
export interface WireFailure {
  /** Bare Python class name. */
  readonly name: string;
  /** As Python's `repr` of the exception. */
  readonly repr: string;
  readonly traceback: string;
}

/** How an error looks to Python: a builtin exception, or one of the manager's own with its HTTP status and title. */
type PythonError = { readonly name: string; readonly status?: number; readonly title?: string };

const builtin = (name: string): PythonError => ({ name });
const own = (name: string, title: string, status = 500): PythonError => ({ name, status, title });

/** The Python exception for each error of the domain: G2's, and G3's where it differs. @see spec/02 §2.4 */
const NAMES: Readonly<Record<AgentErrorCode, { readonly G2: PythonError; readonly G3?: PythonError }>> = {
  KERNEL_NOT_FOUND: { G2: builtin('KeyError') },
  KERNEL_EXISTS: { G2: builtin('RuntimeError'), G3: own('ResourceError', 'Resource error.') },
  KERNEL_NOT_RUNNING: { G2: builtin('RuntimeError') },
  KERNEL_TERMINATED: { G2: builtin('RuntimeError') },
  KERNEL_STARTUP_FAILED: {
    G2: builtin('RuntimeError'),
    G3: own('ContainerStartupFailedError', 'Container startup failed.'),
  },
  KERNEL_STARTUP_TIMEOUT: {
    G2: builtin('TimeoutError'),
    G3: own('ContainerStartupTimeoutError', 'Container startup timed out.'),
  },
  CONTAINER_CREATION_FAILED: {
    G2: builtin('RuntimeError'),
    G3: own('ContainerCreationFailedError', 'Container creation failed.'),
  },
  IMAGE_NOT_AVAILABLE: { G2: builtin('ImageNotAvailable') },
  INSUFFICIENT_RESOURCE: { G2: builtin('InsufficientResource') },
  UNSUPPORTED_RESOURCE: { G2: builtin('UnsupportedResource') },
  INVALID_RESOURCE_ARGUMENT: { G2: builtin('InvalidResourceArgument') },
  PORTS_EXHAUSTED: { G2: builtin('RuntimeError'), G3: own('PortPoolExhaustedError', 'No host port is free.') },
  PATH_NOT_ALLOWED: { G2: builtin('PermissionError') },
  FILE_NOT_FOUND: { G2: builtin('FileNotFoundError'), G3: builtin('RuntimeError') },
  FILE_TOO_LARGE: { G2: builtin('ValueError') },
  INVALID_ARGUMENT: { G2: builtin('ValueError') },
  NOT_SUPPORTED: { G2: builtin('NotImplementedError') },
  AGENT_NOT_FOUND: { G2: builtin('AgentIdNotFoundError'), G3: own('AgentIdNotFoundError', 'Agent ID not found.', 404) },
  AGENT_CLOSING: { G2: builtin('RuntimeError') },
  BUSY: { G2: builtin('RuntimeError') },
};

/** Errors from below the domain that have a Python counterpart. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  RPC_WRONG_ARGUMENTS: 'TypeError',
  RPC_UNKNOWN_METHOD: 'KeyError',
  RPC_MALFORMED: 'ValueError',
  INVALID_ID: 'ValueError',
  INVALID_SIZE: 'ValueError',
  DEADLINE_EXCEEDED: 'TimeoutError',
};

/** Our code travels as the "function" of the traceback's only entry, since the reply has no place for anything else. */
const TRACEBACK_HEAD = 'Traceback (most recent call last):\n';
const OUR_ENTRY = /^ {2}File "bai-agent", line 1, in \S+ \[([A-Z0-9_]+)\]\n/;

/** Turns anything that a method threw into the reply that a client of this generation expects. */
export function toWireFailure(error: unknown, generation: Generation, method: string): WireFailure {
  const code = errorCode(error) ?? 'INTERNAL';
  const python = pythonError(code, generation, method);
  const message = error instanceof BaiError ? error.message : describeError(error);
  return {
    name: python.name,
    repr: python.status === undefined ? plainRepr(python.name, error, message) : ownRepr(python, message),
    traceback: `${TRACEBACK_HEAD}  File "bai-agent", line 1, in ${method} [${code}]\n${python.name}: ${message}\n`,
  };
}

function pythonError(code: string, generation: Generation, method: string): PythonError {
  if (!isAgentErrorCode(code)) return builtin(OTHER_NAMES[code] ?? 'RuntimeError');
  // Upstream's `execute` looks the container up in another place than all other methods. @see spec/02 §5.6
  if (code === 'KERNEL_NOT_FOUND' && method === 'execute') return builtin('RuntimeError');
  const names = NAMES[code];
  return generation === 'G3' ? (names.G3 ?? names.G2) : names.G2;
}

function plainRepr(name: string, error: unknown, message: string): string {
  const kernelId = error instanceof AgentError ? error.details['kernelId'] : undefined;
  if (name === 'KeyError' && typeof kernelId === 'string') return `KeyError(UUID(${pythonRepr(kernelId)}))`;
  return `${name}(${pythonRepr(message)})`;
}

const ownRepr = ({ name, status = 500, title = '' }: PythonError, message: string): string =>
  `<${name}(${status}): ${title} (${message})>`;

const isAgentErrorCode = (code: string): code is AgentErrorCode => Object.hasOwn(NAMES, code);

/** What an `agent_error` event says of a failure: the last line of the traceback, and its entries. @see spec/01 §5.2 */
export function toErrorEvent(failure: WireFailure): { readonly message: string; readonly traceback: string } {
  const body = failure.traceback.slice(TRACEBACK_HEAD.length);
  const entries = OUR_ENTRY.exec(body)?.[0] ?? '';
  return { message: body.slice(entries.length).trimEnd(), traceback: entries.trim() };
}

const FALLBACK_CODES: Readonly<Record<string, AgentErrorCode>> = {
  KeyError: 'KERNEL_NOT_FOUND',
  InsufficientResource: 'INSUFFICIENT_RESOURCE',
  UnsupportedResource: 'UNSUPPORTED_RESOURCE',
  InvalidResourceArgument: 'INVALID_RESOURCE_ARGUMENT',
  ImageNotAvailable: 'IMAGE_NOT_AVAILABLE',
  PermissionError: 'PATH_NOT_ALLOWED',
  FileNotFoundError: 'FILE_NOT_FOUND',
  NotImplementedError: 'NOT_SUPPORTED',
  ValueError: 'INVALID_ARGUMENT',
  TypeError: 'INVALID_ARGUMENT',
  AgentIdNotFoundError: 'AGENT_NOT_FOUND',
  ResourceError: 'KERNEL_EXISTS',
  ContainerStartupFailedError: 'KERNEL_STARTUP_FAILED',
  ContainerStartupTimeoutError: 'KERNEL_STARTUP_TIMEOUT',
  ContainerCreationFailedError: 'CONTAINER_CREATION_FAILED',
  PortPoolExhaustedError: 'PORTS_EXHAUSTED',
};

/** Codes of the layers around the domain, as a client of the domain should see them. */
const TRANSLATED: Readonly<Record<string, AgentErrorCode>> = {
  RPC_WRONG_ARGUMENTS: 'INVALID_ARGUMENT',
  RPC_MALFORMED: 'INVALID_ARGUMENT',
  RPC_UNKNOWN_METHOD: 'NOT_SUPPORTED',
  INVALID_ID: 'INVALID_ARGUMENT',
  INVALID_SIZE: 'INVALID_ARGUMENT',
};

/**
 * The domain's error for a failure reply: exact when an agent of ours sent it, by the class name when an upstream agent did,
 * undefined when neither says enough.
 */
export function fromWireFailure(failure: WireFailure): AgentError | undefined {
  const body = failure.traceback.startsWith(TRACEBACK_HEAD) ? failure.traceback.slice(TRACEBACK_HEAD.length) : '';
  const entry = OUR_ENTRY.exec(body);
  const remote = entry?.[1];
  const code = remote === undefined ? FALLBACK_CODES[failure.name] : toAgentErrorCode(remote);
  if (code === undefined) return undefined;
  const text = entry === null ? failure.repr : body.slice(entry[0].length + failure.name.length + 2).trimEnd();
  const retryable = code === 'BUSY' || code === 'AGENT_CLOSING';
  return new AgentError(code, text, { retryable, details: { remoteName: failure.name } });
}

const toAgentErrorCode = (code: string): AgentErrorCode | undefined =>
  isAgentErrorCode(code) ? code : TRANSLATED[code];

/** For the documentation: what each error of the domain is called on the wire. */
export const errorNames = (): readonly { readonly code: string; readonly G2: string; readonly G3: string }[] =>
  Object.entries(NAMES).map(([code, names]) => ({ code, G2: names.G2.name, G3: (names.G3 ?? names.G2).name }));
