import { formatProblem, keysWithoutEffect, type LoadedConfig, type LoadOptions, loadConfig } from '@bai/config';
import type { Logger } from '@bai/core';
import { redactingLogger } from '@bai/telemetry';
import type { CommandContext } from '../cli/context.js';
import { describeAgent } from '../cli/describe-agent.js';
import { EXIT } from '../cli/endings.js';
import { Daemon } from '../composition/daemon.js';
import { StopRequest } from '../daemon/stop-request.js';
import { WinstonLog } from '../logging/winston-log.js';

export interface StartOptions {
  readonly load: LoadOptions;
  /** Options of older agents that were given, and do nothing. */
  readonly ignored: readonly string[];
}

/** `bai-agent start`: the daemon, in the foreground, until somebody asks it to stop. */
export async function start({ load, ignored }: StartOptions, context: CommandContext): Promise<number> {
  const { shell, printer } = context;
  const loaded = loadConfig(load);
  using stop = new StopRequest(shell, () => process.exit(EXIT.interrupted));
  await using log = new WinstonLog(loaded.settings.log, shell.stderr);
  const logger = redactingLogger(log.logger);
  warn(loaded, ignored, logger);
  await using daemon = await Daemon.open({ settings: loaded.settings, logger, env: shell.env });
  // Operators and their scripts wait for this line, as Python agents print it.
  logger.info(`started handling RPC requests at ${daemon.address}`);
  if (!stop.signal.aborted) await announce(daemon, context);
  await stop.wait();
  logger.info('asked to stop', { onStop: loaded.settings.onStop });
  await printer.note(
    `stopping; kernels ${loaded.settings.onStop === 'keep' ? 'go on' : 'are ended'}. Once more: stop at once.`,
  );
  return EXIT.ok;
}

function warn(loaded: LoadedConfig, ignored: readonly string[], logger: Logger): void {
  for (const warning of loaded.warnings) logger.warn('configuration', { problem: formatProblem(warning) });
  const keys = [...keysWithoutEffect(loaded), ...ignored.map((name) => `--${name}`)];
  if (keys.length > 0) logger.warn('accepted, but without effect in this version', { keys });
  logger.debug('configuration read', { file: loaded.file ?? null });
}

async function announce({ agent, address }: Daemon, { printer }: CommandContext): Promise<void> {
  const info = await agent.info();
  const kernels = agent.settings;
  await printer.value({ type: 'listening', address, pid: process.pid, stateDir: kernels.stateDir, ...info });
  const lines = [
    `agent ${info.agentId} listens at ${address}`,
    ...describeAgent(info),
    `  state    ${kernels.stateDir}`,
    '',
    'From another shell:',
    `  bai-agent run --addr ${address} examples/hello.py`,
    `  bai-agent ping --addr ${address}`,
    '',
    `Ctrl-C stops the agent; kernels ${kernels.onStop === 'keep' ? 'go on for the next start' : 'end with it'}.`,
  ];
  for (const line of lines) await printer.line(line);
}
