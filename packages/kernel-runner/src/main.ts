import { join } from 'node:path';
import { fromRunnerArguments, type RunnerLaunch } from '@bai/kernel-protocol';
import { messageOf } from './errors.js';
import { reportToStderr as report } from './report.js';
import { type RunningRunner, startRunner } from './start-runner.js';

const WRONG_ARGUMENTS = 2;

/** The program inside a kernel. Its bundle is CommonJS, so `__dirname` is the folder that it was delivered in. */
async function main(): Promise<void> {
  let running: RunningRunner | undefined;
  const leave = (exitCode: number) => {
    void Promise.resolve(running?.stop()).finally(() => process.exit(exitCode));
  };
  process.once('SIGTERM', () => leave(0));
  process.once('SIGINT', () => leave(0));
  process.on('uncaughtException', (error) => {
    report(`ends because of a fault of its own: ${error.stack ?? error.message}`);
    leave(1);
  });
  const startedAt = Number(process.hrtime.bigint()) / 1e9;
  const programs = join(__dirname, 'interpreters');
  running = await startRunner({ launch: readArguments(), programs, own: process.env, report, startedAt });
  await running.failed;
}

function readArguments(): RunnerLaunch {
  try {
    return fromRunnerArguments(process.argv.slice(2));
  } catch (error) {
    report(messageOf(error));
    process.exit(WRONG_ARGUMENTS);
  }
}

main().catch((error: unknown) => {
  report(messageOf(error));
  process.exit(1);
});
