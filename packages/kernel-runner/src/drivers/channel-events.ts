import type { Readable } from 'node:stream';
import { ProtocolError } from '@bai/kernel-protocol';
import { messageOf } from '../errors.js';

/** What our interpreter programs tell, one JSON object a line. */
export type ChannelEvent =
  | { readonly event: 'ready'; readonly kind: string }
  | { readonly event: 'started' }
  | { readonly event: 'input'; readonly isPassword: boolean }
  /** `run` counts the session's runs from 1, where an interpreter tells it. */
  | { readonly event: 'done'; readonly exitCode: number; readonly run: number | undefined }
  | { readonly event: 'completion'; readonly matches: readonly string[] };

const LINE_LIMIT_BYTES = 4 * 1024 * 1024;

/** Cuts a stream into events. User code can write to the stream too: what is no event is reported and skipped. */
export class EventLines {
  readonly #report: (message: string) => void;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #listener: ((event: ChannelEvent) => void) | undefined;
  #early: ChannelEvent[] = [];

  constructor(stream: Readable, report: (message: string) => void) {
    this.#report = report;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  /** From now on events go to `listener`, beginning with those that came before. */
  listen(listener: (event: ChannelEvent) => void): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const event of early) listener(event);
  }

  #take(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      this.#line(Buffer.concat([...this.#rest, chunk.subarray(from, end)]));
      this.#rest = [];
      this.#restBytes = 0;
      from = end + 1;
    }
    if (from === chunk.length) return;
    this.#rest.push(chunk.subarray(from));
    this.#restBytes += chunk.length - from;
    if (this.#restBytes <= LINE_LIMIT_BYTES) return;
    this.#report('an interpreter sent an endless event line: it was dropped');
    this.#rest = [];
    this.#restBytes = 0;
  }

  #line(line: Buffer): void {
    let event: ChannelEvent;
    try {
      event = parseEvent(JSON.parse(line.toString('utf8')));
    } catch (error) {
      this.#report(`an interpreter sent something that is no event: ${messageOf(error)}`);
      return;
    }
    if (this.#listener === undefined) this.#early.push(event);
    else this.#listener(event);
  }
}

/** @throws {ProtocolError} when the value is no event. */
export function parseEvent(value: unknown): ChannelEvent {
  const fields: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? { ...value } : {};
  const { event, kind, password, code, run, matches } = fields;
  if (event === 'ready') return { event, kind: String(kind) };
  if (event === 'started') return { event };
  if (event === 'input') return { event, isPassword: password === true };
  if (event === 'done' && typeof code === 'number' && Number.isInteger(code)) {
    return { event, exitCode: code, run: typeof run === 'number' ? run : undefined };
  }
  if (event === 'completion' && Array.isArray(matches)) return { event, matches: matches.map(String) };
  throw new ProtocolError('unknown or incomplete event');
}
