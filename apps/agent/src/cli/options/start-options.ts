import { BINDINGS, configKeys, IGNORED_FLAGS } from '@bai/config';
import type { Argv, Options } from 'yargs';
import type { Choose } from '../command-line.js';
import { configOptions, loadOptions } from './config-options.js';

/** The others are for command lines of older agents, and would only hide these. */
const SHOWN = new Set(['state-dir', 'on-stop', 'rpc-listen-addr', 'pid-file', 'log-file', 'scratch-root']);

/** `start`: its options come from the configuration's schema. */
export function addStartCommand(parser: Argv, choose: Choose): void {
  parser.command(
    'start',
    'Run the agent until SIGTERM or Ctrl-C',
    (command) =>
      command
        .options({ ...configOptions, ...keyOptions(), ...ignoredOptions() })
        .option('verbose', { alias: 'v', type: 'boolean', hidden: true })
        .example('$0 start', 'on 127.0.0.1:6001, with nothing to configure')
        .example('$0 start --rpc-listen-addr 127.0.0.1:7001', 'on another port')
        .example('$0 start -f agent.toml --set agent.on-stop=destroy', 'with a file, and one key set')
        .epilogue(
          'Every key of the file can be set with --set; options of 19.03 agents (--etcd-addr, --agent-port, ...) are known, too.\nSee docs/configuration.md, and start --help --show-hidden.',
        ),
    (options) => {
      const flags = flagTexts(options);
      const ignored = IGNORED_FLAGS.filter(({ name }) => options[name] !== undefined).map(({ name }) => name);
      const given = { config: textOf(options['config']), set: options.set, logLevel: textOf(options['log-level']) };
      choose(async (context) => {
        const { start } = await import('../../commands/start.js');
        return await start({ load: loadOptions(given, context, flags), ignored }, context);
      });
    },
  );
}

function keyOptions(): Record<string, Options> {
  const described = new Map(configKeys.map(({ path, meta }) => [path.join('.'), meta.description]));
  const options = BINDINGS.flatMap(({ key, flag, isSwitch, help }): [string, Options][] => {
    if (flag === undefined) return [];
    const describe = (help ?? `${key}: ${described.get(key) ?? ''}`).replaceAll('`', '');
    const value: Options = isSwitch === true ? { type: 'boolean' } : valueOption(flag);
    return [[flag, { ...value, describe, hidden: !SHOWN.has(flag) }]];
  });
  return Object.fromEntries(options);
}

/** `--jail-arg` may be repeated; of the others the last one counts. */
const valueOption = (flag: string): Options =>
  flag === 'jail-arg' ? { type: 'string', array: true, nargs: 1 } : { type: 'string', requiresArg: true };

const ignoredOptions = (): Record<string, Options> =>
  Object.fromEntries(IGNORED_FLAGS.map(({ name }) => [name, { type: 'string', requiresArg: true, hidden: true }]));

function flagTexts(options: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts = BINDINGS.flatMap(({ flag }): [string, string][] => {
    const text = flag === undefined ? undefined : textOf(options[flag], flag === 'jail-arg');
    return flag === undefined || text === undefined ? [] : [[flag, text]];
  });
  return Object.fromEntries(texts);
}

function textOf(value: unknown, isList = false): string | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return String(value);
  return isList ? JSON.stringify(value) : String(value.at(-1));
}
