import { join } from 'node:path';
import { ChannelSession } from './channel-session.js';
import { type InterpreterPlace, startInterpreter } from './interpreter.js';
import type { OpenSession } from './persistent-driver.js';
import { bashDialect, posixShellDialect } from './shell-dialects.js';

/** A persistent POSIX shell. bash gets its own way, since only its interactive form survives interrupts. */
export function openShell(path: string, place: InterpreterPlace): OpenSession {
  return async (host, desk) => {
    const [program, forBash] = [join(place.programs, 'shell.sh'), join(place.programs, 'bash.sh')];
    // The shell's own name is `sh`: it begins each of its error messages.
    const started = await startInterpreter(host, place, path, ['-c', '. "$1"', 'sh', program, forBash]);
    const dialect = started.kind === 'bash' ? bashDialect : posixShellDialect;
    return new ChannelSession(started.child, started.events, dialect, desk);
  };
}
