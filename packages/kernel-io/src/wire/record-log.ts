import type { LogRecord } from '../runs/log-record.js';
import type { Frame } from './connection.js';

/** Where the log of a kernel goes, and what is known there about its delivery. */
export interface LogReader {
  /** A record of a run; null means the run at work. `adopting`: the run may be one that an earlier agent started. */
  deliver(runId: string | null, record: LogRecord, adopting: boolean): void;
  /** Output was lost between two cursors. */
  deliverGap(start: number, cursor: number, bytes: number): void;
  adopt(runId: string): void;
  /** No more may be taken for the moment. */
  readonly isFull: boolean;
  /** The oldest cursor that is still needed; Infinity when nothing is. */
  readonly neededFrom: number;
}

/** The runner's log as it comes over one of the two wires. */
export interface RecordLog extends Disposable {
  /** Takes a message of the log. @throws {ProtocolError} */
  accept(opcode: string, frames: readonly Buffer[]): void;
  /** What the reader holds has changed. */
  progress(): void;
  /** Messages may have been lost on the way. */
  reconnected(): void;
}

/** Sends without waiting; false when there's no room. */
export type Send = (...frames: Frame[]) => boolean;
