import { encodeMedia, type LogOpcode } from '@bai/kernel-protocol';
import { type Fields, isFields, text } from './messages.js';

export interface DisplayRecord {
  readonly opcode: LogOpcode;
  readonly payload: Uint8Array;
}

/** A display's data as a record, or undefined for what the protocol has no form for. @see spec/03 §6.4 */
export function displayRecord(content: Fields): DisplayRecord | undefined {
  const data = isFields(content['data']) ? content['data'] : {};
  const types = Object.keys(data);
  const mime = types.find((type) => type !== 'text/plain') ?? types[0];
  if (mime === undefined) return undefined;
  const value = joined(data[mime]);
  if (mime === 'text/plain') return { opcode: 'stdout', payload: Buffer.from(value) };
  // Bare, not JSON: as upstream's runner sends it.
  if (mime === 'text/html') return { opcode: 'media', payload: Buffer.from(value) };
  if (mime === 'image/svg+xml') return { opcode: 'media', payload: encodeMedia(mime, value) };
  if (mime !== 'image/png' && mime !== 'image/jpeg') return undefined;
  const base64 = value.replaceAll('\n', '');
  return { opcode: 'media', payload: encodeMedia(mime, `data:${mime};base64,${base64}`) };
}

/** The lines of a traceback as one text, and the exit code of the run. */
export function errorOutcome(content: Fields): { readonly traceback: string; readonly exitCode: number } {
  const lines = Array.isArray(content['traceback']) ? content['traceback'].map(String) : [];
  const value = text(content['evalue']);
  const exit = content['ename'] === 'SystemExit' ? systemExit(value) : 1;
  return { traceback: lines.join('\n'), exitCode: exit };
}

function systemExit(value: string): number {
  if (value === '' || value === 'None') return 0;
  return /^-?\d+$/.test(value) ? Number(value) & 0xff : 1;
}

/** nbformat writes long texts as lists of lines. */
function joined(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join('') : text(value);
}
