import { closeSync, existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RunnerLaunch } from '@bai/kernel-protocol';
import { createDriver, interpreterPath } from './drivers/create-driver.js';
import type { DriverHost } from './drivers/driver.js';
import { messageOf, RunnerError } from './errors.js';
import { ConsoleCopy, DEFAULT_CONSOLE_BYTES } from './log/console-copy.js';
import { OutputLog } from './log/output-log.js';
import { RingFile } from './log/ring-file.js';
import { LEAST_SPOOL_BYTES, Spool } from './log/spool.js';
import { Children } from './process/children.js';
import { childEnvironment, workDirectory } from './process/environment.js';
import { UserOutput } from './process/user-output.js';
import type { Report } from './report.js';
import { KernelRunner } from './runner.js';
import { Batch } from './tasks/batch.js';
import { Outbox } from './wire/outbox.js';
import { RunnerSockets } from './wire/sockets.js';

export interface StartOptions {
  readonly launch: RunnerLaunch;
  /** Folder of the interpreter programs. */
  readonly programs: string;
  /** The runner's own environment. */
  readonly own: NodeJS.ProcessEnv;
  readonly report: Report;
  /** The monotonic clock at the start, in seconds. */
  readonly startedAt: number;
}

export interface RunningRunner {
  /** Ends the user's processes. */
  stop(): Promise<void>;
  /** Rejects when the runner can't go on. */
  readonly failed: Promise<never>;
}

/** Puts the runner together and starts it: sockets first, then what belongs to the user. */
export async function startRunner(options: StartOptions): Promise<RunningRunner> {
  const { launch, own, report } = options;
  const settings = { ...launch, runtimePath: launch.runtimePath, builtinOnly: own['BAI_DRIVER'] === 'builtin' };
  const runtimePath = interpreterPath(settings);
  const workDir = workDirectory(own);
  const children = new Children();
  const spool = openSpool(launch);
  const log = new OutputLog(spool, openConsole(own, report), () => outbox.wake());
  const opening = UserOutput.open(log, children, workDir, () => runner.runId);
  const sockets = await RunnerSockets.bind(launch.listen);
  const outbox = new Outbox(spool, sockets.output, () => log.released(), report);
  const output = await opening;
  tellReady(launch.readyFd);

  const environment = childEnvironment(own, workDir, report);
  const host: DriverHost = {
    spawn: (process) => output.spawn(process),
    emit: (opcode, payload) => log.push(opcode, runner.runId, Buffer.from(payload)),
    drained: () => output.drained(),
    report,
  };
  const driver = createDriver(settings, { programs: options.programs, environment }, host);
  const batch = new Batch({ ...settings, runtimePath, workDir, environment, spawn: host.spawn, report });
  const runner = new KernelRunner({ spool, log, outbox, output, driver, batch, report, startedAt: options.startedAt });

  const serve = async (): Promise<never> => {
    await bootstrap(workDir, environment, host, output);
    driver.start();
    for await (const frames of sockets.input) runner.receive(frames);
    throw new RunnerError('RUNNER_START', 'the request socket ended');
  };
  const send = async (): Promise<never> => {
    await outbox.run();
    throw new RunnerError('RUNNER_START', 'the log socket ended');
  };
  return { stop: () => children.stop(), failed: Promise.race([serve(), send()]) };
}

function openSpool(launch: RunnerLaunch): Spool {
  if (launch.spoolBytes < LEAST_SPOOL_BYTES) {
    throw new RunnerError('RUNNER_START', `--spool-bytes must be at least ${LEAST_SPOOL_BYTES}`);
  }
  return new Spool(RingFile.open(launch.spoolFile, launch.spoolBytes));
}

function openConsole(own: NodeJS.ProcessEnv, report: Report): ConsoleCopy {
  const bytes = Number(own['BAI_CONSOLE_BYTES'] ?? DEFAULT_CONSOLE_BYTES);
  return new ConsoleCopy(Number.isFinite(bytes) && bytes > 0 ? bytes : DEFAULT_CONSOLE_BYTES, report);
}

/** Who started the runner may close the way to the sockets and the spool from now on. */
function tellReady(fd: number | undefined): void {
  if (fd === undefined) return;
  try {
    writeSync(fd, '\n');
    closeSync(fd);
  } catch (cause) {
    throw new RunnerError('RUNNER_START', `--ready-fd=${fd} can't be written (${messageOf(cause)})`, { cause });
  }
}

/** The user's start script runs before anything else of the user. @see spec/03 §6.1 */
async function bootstrap(
  workDir: string,
  environment: Readonly<Record<string, string>>,
  host: DriverHost,
  output: UserOutput,
): Promise<void> {
  const script = join(workDir, 'bootstrap.sh');
  if (!existsSync(script)) return;
  const status = await host.spawn({ file: '/bin/sh', args: [script], environment, extra: [] }).exited;
  await output.drained();
  if (status !== 0) host.report(`bootstrap.sh ended with ${status}`);
}
