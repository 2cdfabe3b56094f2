import { randomUUID } from 'node:crypto';
import { BaiError } from './errors.js';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Canonical text of a kernel's UUID: 36 lower-case characters, so that it is safe as a file name. */
export type KernelId = Branded<'KernelId'>;
/** Canonical text of a session's UUID. */
export type SessionId = Branded<'SessionId'>;
/** Name of an agent in its cluster, for example `i-node01`. */
export type AgentId = Branded<'AgentId'>;

/** An identifier that came from outside and is not what it must be. */
export class InvalidIdError extends BaiError {
  constructor(kind: string, value: unknown) {
    super('INVALID_ID', `${kind} must be a UUID such as 6b8f0a4e-3f0c-4a5b-9d61-0f5f2a7c1e21, got ${shown(value)}`);
  }
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value;

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/;

function parseUuid(kind: string, value: unknown): string {
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  if (!UUID.test(text)) throw new InvalidIdError(kind, value);
  const hex = text.replaceAll('-', '');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Parses a kernel id from outside; accepts any case and a missing dash. @throws {InvalidIdError} */
export const parseKernelId = (value: unknown): KernelId => parseUuid('kernel id', value) as KernelId;

/** Parses a session id from outside. @throws {InvalidIdError} */
export const parseSessionId = (value: unknown): SessionId => parseUuid('session id', value) as SessionId;

/** Parses an agent id: 1 to 64 of letters, digits, `.`, `_` and `-`, so that it is safe in keys and file names. */
export function parseAgentId(value: unknown): AgentId {
  if (typeof value !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value)) {
    throw new BaiError(
      'INVALID_ID',
      `agent id must be 1 to 64 of letters, digits, '.', '_' and '-', got ${shown(value)}`,
    );
  }
  return value as AgentId;
}

export const newKernelId = (): KernelId => randomUUID() as KernelId;
export const newSessionId = (): SessionId => randomUUID() as SessionId;
