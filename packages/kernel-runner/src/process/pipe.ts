import { spawn } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/**
 * A real pipe. Node.js gives children UNIX sockets as stdout, and programs that open `/dev/stdout` or `/dev/stderr` fail on those
 * (ENXIO). It can't make pipes either: a shell makes them, and they are opened through `/proc`.
 */
export interface Pipe {
  readonly reader: Socket;
  /** Opens a writing end with flags of its own, since a child may set its end non-blocking. The caller closes it. */
  openWriter(): number;
}

/** The innermost shell holds both pipes, as 3 and 4, until the runner closes its stdin or dies. */
const TWO_PIPES = `exec 5<&0; : | { : | /bin/sh -c 'echo $$; read -r end <&5' 4<&0; } 3<&0`;
const DESCRIPTORS = [3, 4] as const;

/** Makes two pipes; undefined where there's no shell or `/proc` doesn't let us: then sockets have to do. */
export async function makePipes(shell = '/bin/sh'): Promise<readonly [Pipe, Pipe] | undefined> {
  const helper = spawn(shell, ['-c', TWO_PIPES], { stdio: ['pipe', 'pipe', 'ignore'] });
  const gone = new Promise<undefined>((resolve) => {
    helper.once('error', () => resolve(undefined));
    helper.stdin.once('error', () => resolve(undefined));
  });
  try {
    const holder = await Promise.race([firstLine(helper.stdout), gone]);
    if (holder === undefined || !/^\d+$/.test(holder)) return undefined;
    const [first, second] = DESCRIPTORS;
    return [openPipe(`/proc/${holder}/fd/${first}`), openPipe(`/proc/${holder}/fd/${second}`)];
  } catch {
    return undefined;
  } finally {
    helper.stdin.end();
  }
}

function openPipe(path: string): Pipe {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const openWriter = () => openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY);
  // Kept open: without a writer the reading end would be at its end.
  openWriter();
  return { reader: new Socket({ fd, readable: true, writable: false }), openWriter };
}

function firstLine(stream: Readable): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    stream.once('close', () => resolve(undefined));
  });
}
