import { IN_SOCKET, OUT_SOCKET, type RunnerLaunch } from '@bai/kernel-protocol';
import { Pull, Push } from 'zeromq';
import { messageOf, RunnerError } from '../errors.js';

/** `sun_path` holds 108 bytes with its final zero. */
const UNIX_PATH_BYTES = 107;
/** A request larger than this is cut off by zeromq together with the peer that sent it. */
const REQUEST_BYTES = 128 * 1024 * 1024;

/** The runner's two sockets: requests come in by PULL, everything goes out by PUSH. Both bind. @see spec/03 §5.1 */
export class RunnerSockets implements Disposable {
  readonly input: Pull;
  readonly output: Push;

  private constructor() {
    this.input = new Pull({ maxMessageSize: REQUEST_BYTES, linger: 0 });
    this.output = new Push({ linger: 0 });
  }

  /** @throws {RunnerError} `RUNNER_START` when an address can't be bound. */
  static async bind(listen: RunnerLaunch['listen']): Promise<RunnerSockets> {
    const sockets = new RunnerSockets();
    const [input, output] = addresses(listen);
    await Promise.all([bind(sockets.input, input), bind(sockets.output, output)]);
    return sockets;
  }

  [Symbol.dispose](): void {
    this.input.close();
    this.output.close();
  }
}

function addresses(listen: RunnerLaunch['listen']): [string, string] {
  if (listen.kind === 'tcp') {
    return [`tcp://${listen.host}:${listen.inPort}`, `tcp://${listen.host}:${listen.outPort}`];
  }
  return [unixAddress(`${listen.directory}/${IN_SOCKET}`), unixAddress(`${listen.directory}/${OUT_SOCKET}`)];
}

function unixAddress(path: string): string {
  if (Buffer.byteLength(path) > UNIX_PATH_BYTES) {
    const message = `the socket path ${path} is longer than ${UNIX_PATH_BYTES} bytes: choose a shorter folder`;
    throw new RunnerError('RUNNER_START', message);
  }
  return `ipc://${path}`;
}

async function bind(socket: Pull | Push, address: string): Promise<void> {
  try {
    await socket.bind(address);
  } catch (cause) {
    const message = `cannot listen on ${address} (${messageOf(cause)}): is another runner there, or the folder missing?`;
    throw new RunnerError('RUNNER_START', message, { cause });
  }
}
