import type { Child } from '../process/children.js';
import type { Environment } from '../process/environment.js';
import { type ChannelEvent, EventLines } from './channel-events.js';
import { channel } from './channel-session.js';
import type { DriverHost } from './driver.js';
import { InterpreterError } from './persistent-driver.js';

/** What a driver needs to start interpreters. */
export interface InterpreterPlace {
  /** Folder of our interpreter programs. */
  readonly programs: string;
  readonly environment: Environment;
}

const CHANNELS = ['pipe', 'pipe', 'pipe'] as const;

/**
 * Starts an interpreter with arguments that name one of our programs, and waits until that tells its kind.
 * @throws {InterpreterError} when it can't be started or ends before.
 */
export async function startInterpreter(
  host: DriverHost,
  place: InterpreterPlace,
  file: string,
  args: readonly string[],
): Promise<{ child: Child; events: EventLines; kind: string }> {
  const { environment } = place;
  const child = host.spawn({ file, args, environment, extra: CHANNELS });
  const events = new EventLines(channel(child, 4), host.report);
  const ready = new Promise<ChannelEvent>((resolve) => events.listen(resolve));
  const first = await Promise.race([ready, child.exited]);
  if (typeof first === 'number') throw startError(file, first, child.startError());
  if (first.event !== 'ready') throw new InterpreterError(-1, `${file} began with '${first.event}' instead of 'ready'`);
  return { child, events, kind: first.kind };
}

function startError(file: string, status: number, cause: Error | undefined): InterpreterError {
  if (cause === undefined) return new InterpreterError(status === 0 ? -1 : status, `${file} ended while it started`);
  const message = `cannot start ${file} (${cause.message}): set the runtime path to an interpreter of this image`;
  return new InterpreterError(status, message, { cause });
}
