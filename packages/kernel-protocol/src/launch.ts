import { parseArgs } from 'node:util';
import { ProtocolError } from './errors.js';

/** How a runner is started: the command line that the agent writes and the runner reads. */
export interface RunnerLaunch {
  /** Folder for UNIX sockets (`in.sock`, `out.sock`), or addresses for TCP. */
  readonly listen:
    | { readonly kind: 'unix'; readonly directory: string }
    | { readonly kind: 'tcp'; readonly host: string; readonly inPort: number; readonly outPort: number };
  /** Key of the runtime table: `python`, `nodejs`, `shell`, `app`. @see spec/03 §7 */
  readonly runtimeType: string;
  /** Interpreter of the user's code, or undefined for the runtime's default. */
  readonly runtimePath: string | undefined;
  /** File that holds the bounded log. Created by the runner, opened before user code runs. */
  readonly spoolFile: string;
  readonly spoolBytes: number;
  /** Descriptor on which the runner writes one byte once its sockets are bound and its files are open. */
  readonly readyFd: number | undefined;
}

export const IN_SOCKET = 'in.sock';
export const OUT_SOCKET = 'out.sock';
export const DEFAULT_SPOOL_BYTES = 64 * 1024 * 1024;

/** The arguments behind the runner's script. */
export function toRunnerArguments(launch: RunnerLaunch): string[] {
  const { listen } = launch;
  const address =
    listen.kind === 'unix' ? `unix:${listen.directory}` : `tcp:${listen.host}:${listen.inPort}:${listen.outPort}`;
  return [
    `--listen=${address}`,
    `--spool=${launch.spoolFile}`,
    `--spool-bytes=${launch.spoolBytes}`,
    ...(launch.readyFd === undefined ? [] : [`--ready-fd=${launch.readyFd}`]),
    launch.runtimeType,
    ...(launch.runtimePath === undefined ? [] : [launch.runtimePath]),
  ];
}

/** Reads what {@link toRunnerArguments} wrote. @throws {ProtocolError} naming the wrong argument. */
export function fromRunnerArguments(args: readonly string[]): RunnerLaunch {
  const { values, positionals } = split(args);
  const [runtimeType, runtimePath] = positionals;
  if (runtimeType === undefined) throw new ProtocolError('the runtime type is missing (python, nodejs, shell or app)');
  if (values.spool === undefined) throw new ProtocolError('--spool is missing');
  return {
    listen: parseListen(values.listen ?? ''),
    runtimeType,
    runtimePath,
    spoolFile: values.spool,
    spoolBytes: parseNatural('--spool-bytes', values['spool-bytes']),
    readyFd: values['ready-fd'] === undefined ? undefined : parseNatural('--ready-fd', values['ready-fd']),
  };
}

function split(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        listen: { type: 'string' },
        spool: { type: 'string' },
        'spool-bytes': { type: 'string', default: String(DEFAULT_SPOOL_BYTES) },
        'ready-fd': { type: 'string' },
      },
    });
  } catch (cause) {
    throw new ProtocolError(cause instanceof Error ? cause.message : 'wrong arguments', { cause });
  }
}

function parseListen(text: string): RunnerLaunch['listen'] {
  const unix = /^unix:(\/.+)$/.exec(text)?.[1];
  if (unix !== undefined) return { kind: 'unix', directory: unix };
  const [, host, inPort, outPort] = /^tcp:([^:]+):(\d+):(\d+)$/.exec(text) ?? [];
  if (host === undefined || inPort === undefined || outPort === undefined) {
    throw new ProtocolError(`--listen must be unix:/FOLDER or tcp:HOST:IN:OUT, got '${text}'`);
  }
  return { kind: 'tcp', host, inPort: Number(inPort), outPort: Number(outPort) };
}

function parseNatural(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new ProtocolError(`${name} must be a whole number, got '${text}'`);
  return Number(text);
}
