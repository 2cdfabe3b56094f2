import { decode, encode } from '@msgpack/msgpack';
import { ProtocolError } from './errors.js';

const text = new TextDecoder('utf-8', { fatal: false });

/** Answer to `status`: MessagePack, the only payload of upstream's wire that isn't text or JSON. @see spec/03 §5.3 */
export interface RunnerStatus {
  /** The runner's monotonic clock at its start, in seconds. */
  readonly startedAt: number;
  /** Version of our extension that the runner speaks; 0 for upstream's runners. */
  readonly extension: number;
}

/** Version of the extension that this package describes. */
export const EXTENSION_VERSION = 1;

export function encodeStatus(status: RunnerStatus): Uint8Array {
  // `started_at` must be a float on the wire even when it is whole.
  const map: Record<string, unknown> = { started_at: status.startedAt };
  if (status.extension > 0) map['bai'] = status.extension;
  return encode(map, { forceIntegerToFloat: true });
}

/** @throws {ProtocolError} when the payload isn't the map of a runner. */
export function decodeStatus(payload: Uint8Array): RunnerStatus {
  const map = decodeMap('status', payload);
  return { startedAt: numberField('status', map, 'started_at'), extension: Number(map['bai'] ?? 0) };
}

/** Ends of a step or a run. Upstream's terminal runtime sends no exit code. @see spec/03 §5.3 */
export interface FinishedPayload {
  readonly exitCode: number | null;
}

export const encodeFinished = (payload: FinishedPayload): Uint8Array => encodeJson({ exitCode: payload.exitCode });

export function decodeFinished(payload: Uint8Array): FinishedPayload {
  const exitCode = jsonObject('finished', payload)['exitCode'];
  return { exitCode: typeof exitCode === 'number' ? exitCode : null };
}

export interface WaitingInputPayload {
  readonly isPassword: boolean;
}

export const encodeWaitingInput = (payload: WaitingInputPayload): Uint8Array =>
  encodeJson({ is_password: payload.isPassword });

/** The options of a `waiting-input` result as clients get them: the payload's JSON object, `{}` when it is empty (batch mode). */
export function decodeWaitingInput(payload: Uint8Array): Readonly<Record<string, unknown>> {
  return payload.length === 0 ? {} : jsonObject('waiting-input', payload);
}

export type MediaPayload =
  | { readonly kind: 'media'; readonly mime: string; readonly data: string }
  | { readonly kind: 'html'; readonly html: string };

export const encodeMedia = (mime: string, data: string): Uint8Array => encodeJson({ type: mime, data });

/** Upstream sends `text/html` as the bare text, which is not JSON: it is delivered as HTML. @see spec/03 §5.3, §5.5 */
export function decodeMedia(payload: Uint8Array): MediaPayload {
  const body = text.decode(payload);
  try {
    const parsed: unknown = JSON.parse(body);
    if (isRecord(parsed) && typeof parsed['type'] === 'string') {
      const data = parsed['data'];
      return {
        kind: 'media',
        mime: parsed['type'],
        data: typeof data === 'string' ? data : JSON.stringify(data ?? ''),
      };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { kind: 'html', html: body };
}

/** Suggestions of a `completion` answer: G3's map, or the bare array of older runners. @see spec/03 §5.3 */
export function decodeCompletion(payload: Uint8Array): readonly string[] {
  const parsed = payload.length === 0 ? [] : parseJson('completion', payload);
  const list: unknown = isRecord(parsed) ? parsed['suggestions'] : parsed;
  return Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : [];
}

export const encodeCompletion = (suggestions: readonly string[]): Uint8Array => encodeJson({ suggestions });

/** JSON as Python's `json.dumps` writes it by default: blanks after `,` and `:`, non-ASCII escaped. */
export function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(pythonJson(value), 'latin1');
}

/** @throws {ProtocolError} when the payload isn't JSON. */
export function parseJson(opcode: string, payload: Uint8Array): unknown {
  try {
    return JSON.parse(text.decode(payload));
  } catch (cause) {
    throw new ProtocolError(`payload of '${opcode}' is not JSON`, { cause });
  }
}

/** @throws {ProtocolError} when the payload isn't a JSON object. */
export function jsonObject(opcode: string, payload: Uint8Array): Readonly<Record<string, unknown>> {
  const parsed = parseJson(opcode, payload);
  if (!isRecord(parsed)) throw new ProtocolError(`payload of '${opcode}' must be a JSON object`);
  return parsed;
}

/** @throws {ProtocolError} when the payload isn't a MessagePack map with text keys. */
export function decodeMap(opcode: string, payload: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = decode(payload, { maxStrLength: 65_536, maxBinLength: 65_536, maxArrayLength: 65_536, maxMapLength: 256 });
  } catch (cause) {
    throw new ProtocolError(`payload of '${opcode}' is not MessagePack`, { cause });
  }
  if (!isRecord(value)) throw new ProtocolError(`payload of '${opcode}' must be a map`);
  return value;
}

export function numberField(opcode: string, map: Readonly<Record<string, unknown>>, key: string): number {
  const value = map[key];
  if (typeof value !== 'number') throw new ProtocolError(`field '${key}' of '${opcode}' must be a number`);
  return value;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (isRecord(value)) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields.map(([key, field]) => `${pythonJson(key)}: ${pythonJson(field)}`).join(', ')}}`;
  }
  const json = JSON.stringify(value) ?? 'null';
  return json.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
