import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { ProtocolError } from '@bai/kernel-protocol';

export type Fields = Readonly<Record<string, unknown>>;

/** A message of the Jupyter messaging protocol 5, as far as the runner cares. */
export interface JupyterMessage {
  readonly type: string;
  /** Id of the request that this message belongs to; empty when it belongs to none. */
  readonly parentId: string;
  readonly header: Fields;
  readonly content: Fields;
}

const DELIMITER = '<IDS|MSG>';

/** Writes and reads signed messages of one session. */
export class MessageCodec {
  readonly #key: string;
  readonly #session = randomUUID();

  constructor(key: string) {
    this.#key = key;
  }

  /** The frames of a request, and its id. `parent` is the header of the message that it answers. */
  encode(type: string, content: Fields, parent: Fields = {}): { id: string; frames: string[] } {
    const id = randomUUID();
    const date = new Date().toISOString();
    const header = { msg_id: id, msg_type: type, session: this.#session, username: 'runner', date, version: '5.3' };
    const parts = [header, parent, {}, content].map((part) => JSON.stringify(part));
    return { id, frames: [DELIMITER, this.#sign(parts), ...parts] };
  }

  /** @throws {ProtocolError} for anything that isn't a message signed with the key. */
  decode(frames: readonly Buffer[]): JupyterMessage {
    const start = frames.findIndex((frame) => frame.toString('latin1') === DELIMITER);
    const [signature, ...parts] = frames.slice(start + 1, start + 6);
    if (start < 0 || signature === undefined || parts.length < 4) throw new ProtocolError('not a Jupyter message');
    const expected = Buffer.from(this.#sign(parts));
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw new ProtocolError('a Jupyter message with a wrong signature');
    }
    const [header, parent, , content] = parts.map(parseFields);
    if (header === undefined || parent === undefined || content === undefined) throw new ProtocolError('cut short');
    return { type: text(header['msg_type']), parentId: text(parent['msg_id']), header, content };
  }

  #sign(parts: readonly (string | Buffer)[]): string {
    const hmac = createHmac('sha256', this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest('hex');
  }
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseFields(part: Buffer): Fields {
  const value: unknown = JSON.parse(part.toString('utf8'));
  if (!isFields(value)) throw new ProtocolError('a Jupyter message whose part is no object');
  return value;
}
