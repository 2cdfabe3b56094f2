import { join } from 'node:path';
import { messageOf } from '../errors.js';
import { base64Dialect } from './base64-dialect.js';
import { ChannelSession } from './channel-session.js';
import type { DriverHost, Session } from './driver.js';
import type { InputDesk } from './input-desk.js';
import { type InterpreterPlace, startInterpreter } from './interpreter.js';
import type { OpenSession } from './persistent-driver.js';

const program = (place: InterpreterPlace) => join(place.programs, 'python.py');

/** A persistent Python: an ipykernel where the image has one that works, else our own program. */
export function openPython(path: string, place: InterpreterPlace, builtinOnly: boolean): OpenSession {
  return async (host, desk) => {
    if (!builtinOnly) {
      const session = await openEither(path, place, host, desk);
      if (session !== undefined) return session;
    }
    const { child, events } = await startInterpreter(host, place, path, [program(place), '--builtin']);
    return new ChannelSession(child, events, base64Dialect, desk);
  };
}

/** Undefined when there is an ipykernel that doesn't work. */
async function openEither(
  path: string,
  place: InterpreterPlace,
  host: DriverHost,
  desk: InputDesk,
): Promise<Session | undefined> {
  const { child, events, kind } = await startInterpreter(host, place, path, [program(place)]);
  if (kind !== 'ipykernel') return new ChannelSession(child, events, base64Dialect, desk);
  // Loaded when needed: it brings HMAC and four more sockets, which would cost every other kernel start-up time.
  const { JupyterSession } = await import('./jupyter/jupyter-session.js');
  try {
    return await JupyterSession.open(child, host, desk);
  } catch (error) {
    host.report(`ipykernel does not work (${messageOf(error)}): going on with the built-in driver`);
    child.signal('SIGKILL');
    return undefined;
  }
}
