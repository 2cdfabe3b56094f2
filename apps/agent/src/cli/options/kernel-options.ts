import type { Argv } from 'yargs';
import { DEFAULT_ADDRESS } from '../../commands/open-agent.js';
import type { Choose } from '../command-line.js';

const addr = {
  type: 'string',
  default: DEFAULT_ADDRESS,
  requiresArg: true,
  describe: 'HOST:PORT of the agent',
} as const;

/** `ping` and `kernels` */
export function addKernelCommands(parser: Argv, choose: Choose): void {
  parser.command(
    'ping',
    'Ask an agent whether it is there, and what it has',
    (command) => command.option('addr', addr).example('$0 ping --addr 10.0.0.5:6001', 'an agent of another machine'),
    (options) => choose(async (context) => (await import('../../commands/ping.js')).ping(options, context)),
  );
  parser.command('kernels', 'Look after the kernels of an agent', (command) =>
    command
      .command(
        'ls',
        'List them',
        (ls) => ls.option('addr', addr),
        (options) =>
          choose(async (context) => (await import('../../commands/kernels.js')).listKernels(options, context)),
      )
      .command(
        'logs <kernel>',
        'Print what the container of one has printed',
        (logs) => logs.option('addr', addr).positional('kernel', KERNEL),
        (options) =>
          choose(async (context) => (await import('../../commands/kernels.js')).kernelLogs(options, context)),
      )
      .command(
        'rm [kernels..]',
        'End kernels',
        (rm) =>
          rm
            .option('addr', addr)
            .positional('kernels', { type: 'string', array: true, default: [], describe: KERNEL.describe })
            .option('all', { type: 'boolean', default: false, describe: 'All kernels of the agent' }),
        (options) =>
          choose(async (context) => (await import('../../commands/kernels.js')).removeKernels(options, context)),
      )
      .example('$0 kernels ls', 'with their ids')
      .example('$0 kernels rm 6b8f0a4e', 'the beginning of an id is enough')
      .demandCommand(1, 'name what to do with kernels: ls, logs or rm'),
  );
}

const KERNEL = { type: 'string', demandOption: true, describe: 'Id of a kernel, or its beginning' } as const;
