import { jsonObject } from '@bai/kernel-protocol';
import type { CompletionRequest } from './driver.js';

/**
 * Reads the payload of `complete`: the code, and `row` and `col` of the cursor, both from 0. Without a place the cursor is at the end.
 * @throws {ProtocolError} when the payload isn't a JSON object. @see spec/03 §5.7
 */
export function parseCompletionRequest(payload: Uint8Array): CompletionRequest {
  const { code, row, col } = jsonObject('complete', payload);
  const text = typeof code === 'string' ? code : '';
  if (!isNatural(row) || !isNatural(col)) return { code: text, position: text.length };
  const before = text.split('\n').slice(0, row);
  const start = before.reduce((sum, line) => sum + line.length + 1, 0);
  return { code: text, position: Math.min(start + col, text.length) };
}

const isNatural = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;
