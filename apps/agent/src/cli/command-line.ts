import yargs from 'yargs';
import { VERSION } from '../version.js';
import type { CommandContext } from './context.js';
import { EXIT, UsageError } from './endings.js';
import { reportFailure } from './failure.js';
import { addConfigCommands } from './options/config-options.js';
import { addKernelCommands } from './options/kernel-options.js';
import { addRunCommand } from './options/run-options.js';
import { addStartCommand } from './options/start-options.js';
import { Printer } from './printer.js';
import type { Shell } from './shell.js';

/** What a command does once its options are known. */
export type Action = (context: CommandContext) => Promise<number>;

/** Takes the action of the command that was named. */
export type Choose = (action: Action) => void;

const INTRODUCTION = `bai-agent: the worker node of a Backend.AI cluster, also good on its own.

  bai-agent quickstart                            see it work, on this machine
  bai-agent start                                 the agent, until Ctrl-C
  bai-agent run --addr 127.0.0.1:6001 hello.py    a program in a kernel of that agent
  bai-agent run -c 'print(6 * 7)'                 the same without a running agent`;

/** The whole command line. @returns the exit code */
export async function runCommandLine(args: readonly string[], shell: Shell): Promise<number> {
  using printer = new Printer(shell, args.includes('--json'));
  const debug = args.includes('--debug');
  try {
    const { action, text } = await parse(args);
    if (text !== '') await printer.out(`${text}\n`);
    return (await action?.({ shell, printer, debug })) ?? EXIT.ok;
  } catch (error) {
    return await reportFailure(error, printer, debug);
  }
}

/** Finds the action; `text` is help or the version, when that was asked for. @throws {UsageError} */
async function parse(args: readonly string[]): Promise<{ readonly action: Action | undefined; readonly text: string }> {
  let action: Action | undefined;
  let text = '';
  const choose: Choose = (chosen) => {
    action = chosen;
  };
  const parser = commandLine(choose);
  const { _: words } = await parser.parseAsync(withoutSeparator(args), {}, (error, _, output) => {
    if (error !== undefined && error !== null)
      throw error instanceof UsageError ? error : new UsageError(error.message.replaceAll(/\s*\n\s*/g, ' '));
    text = output;
  });
  if (action === undefined && text === '') throw new UsageError('name a command');
  const [extra] = words.slice(GROUPS.has(String(words[0])) ? 2 : 1);
  if (extra !== undefined) throw new UsageError(`nothing is known to do with ${JSON.stringify(extra)}`);
  return { action, text };
}

/** Commands whose second word names what to do. */
const GROUPS = new Set(['kernels', 'config']);

/** `pnpm --filter agent start -- --debug` hands the separator on. */
function withoutSeparator(args: readonly string[]): string[] {
  return args.filter((arg, index) => !(index === 1 && arg === '--'));
}

function commandLine(choose: Choose) {
  const parser = yargs()
    .scriptName('bai-agent')
    .usage(INTRODUCTION)
    .parserConfiguration({ 'dot-notation': false, 'parse-numbers': false, 'parse-positional-numbers': false })
    .option('json', { type: 'boolean', describe: 'Write JSON, one value per line, for programs', global: true })
    .option('debug', { type: 'boolean', describe: 'Show where errors come from, and log more', global: true })
    .command('quickstart', 'Start an agent, run an example in a kernel, show figures, clean up', {}, () =>
      choose(async (context) => (await import('../commands/quickstart.js')).quickstart(context)),
    );
  addStartCommand(parser, choose);
  addRunCommand(parser, choose);
  addKernelCommands(parser, choose);
  addConfigCommands(parser, choose);
  return parser
    .strict()
    .version(VERSION)
    .help()
    .alias('h', 'help')
    .wrap(110)
    .exitProcess(false)
    .epilogue("'bai-agent COMMAND --help' tells more. Exit codes and all options: docs/cli.md");
}
