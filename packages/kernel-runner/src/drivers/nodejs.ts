import { join } from 'node:path';
import { nodejsDialect } from './base64-dialect.js';
import { ChannelSession } from './channel-session.js';
import { type InterpreterPlace, startInterpreter } from './interpreter.js';
import type { OpenSession } from './persistent-driver.js';

/** A persistent Node.js of the image. */
export function openNodejs(path: string, place: InterpreterPlace): OpenSession {
  return async (host, desk) => {
    const { child, events } = await startInterpreter(host, place, path, [join(place.programs, 'nodejs.cjs')]);
    return new ChannelSession(child, events, nodejsDialect, desk);
  };
}
