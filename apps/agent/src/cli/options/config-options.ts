import type { LoadOptions } from '@bai/config';
import type { Argv } from 'yargs';
import type { Action, Choose } from '../command-line.js';

/** Options that every command has which reads the configuration. */
export const configOptions = {
  config: {
    alias: ['f', 'config-path'],
    type: 'string',
    requiresArg: true,
    describe: 'The configuration file; by default the first that is there',
  },
  set: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'KEY=VALUE: set a key of the file; may be repeated',
  },
  'log-level': { type: 'string', requiresArg: true, describe: 'ERROR, WARNING, INFO or DEBUG' },
} as const;

/** `config` */
export function addConfigCommands(parser: Argv, choose: Choose): void {
  parser.command('config', 'Look at the configuration', (command) =>
    command
      .command('show', 'Print every value, with where it came from', configOptions, (options) =>
        choose(
          withFile(options, async (load, context) =>
            (await import('../../commands/config.js')).configShow(load, context),
          ),
        ),
      )
      .command('check', 'Tell every mistake, with its place', configOptions, (options) =>
        choose(
          withFile(options, async (load, context) =>
            (await import('../../commands/config.js')).configCheck(load, context),
          ),
        ),
      )
      .command(
        'schema',
        'Print the JSON Schema of agent.toml',
        (schema) =>
          schema.option('markdown', { type: 'boolean', default: false, describe: 'The reference page instead' }),
        (options) =>
          choose(async (context) => (await import('../../commands/config.js')).configSchema(options, context)),
      )
      .example('$0 config show -f agent.toml', 'what a start with this file would use')
      .example('$0 config check --set agent.on-stop=destroy', 'exit code 1 when something is wrong')
      .demandCommand(1, 'name what to do with the configuration: show, check or schema'),
  );
}

/** As yargs gives them; under --json and --debug as well. */
interface GivenOptions {
  readonly config?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly logLevel?: string | undefined;
}

function withFile(
  options: GivenOptions,
  act: (load: LoadOptions, context: Parameters<Action>[0]) => Promise<number>,
): Action {
  return (context) => act(loadOptions(options, context), context);
}

/** Options of the configuration's loader, out of those of the command line. */
export function loadOptions(
  { config, set, logLevel }: GivenOptions,
  { shell, debug }: Parameters<Action>[0],
  flags: Readonly<Record<string, string>> = {},
): LoadOptions {
  return { path: config, set, logLevel, flags, debug, env: shell.env, cwd: shell.cwd };
}
