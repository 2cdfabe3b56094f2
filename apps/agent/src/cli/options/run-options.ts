import type { Argv } from 'yargs';
import { RUNTIME_TYPES } from '../../run/runtime-type.js';
import type { Choose } from '../command-line.js';
import { UsageError } from '../endings.js';

/** `run` */
export function addRunCommand(parser: Argv, choose: Choose): void {
  parser.command(
    'run [file]',
    'Run a program in a kernel',
    (command) =>
      command
        .positional('file', { type: 'string', describe: "The program; '-' is the standard input" })
        .option('code', { alias: 'c', type: 'string', requiresArg: true, describe: 'The text of the program' })
        .option('addr', {
          type: 'string',
          requiresArg: true,
          describe: 'HOST:PORT of a running agent; without it, one is started for this program alone',
        })
        .option('runtime-type', {
          choices: RUNTIME_TYPES,
          requiresArg: true,
          describe: 'What runs it; by default told by the ending of the file’s name',
        })
        .option('cpu', { type: 'string', requiresArg: true, describe: 'Cores for the kernel, by default 1' })
        .option('mem', { type: 'string', requiresArg: true, describe: 'Memory for the kernel, such as 512m or 2g' })
        .option('image', { type: 'string', requiresArg: true, describe: 'Image of the kernel; ping lists them' })
        .option('timeout', { type: 'string', requiresArg: true, describe: 'Seconds after which the program is ended' })
        .option('kernel', {
          type: 'string',
          requiresArg: true,
          describe: 'Use this running kernel, with its variables',
        })
        .option('keep', { type: 'boolean', default: false, describe: 'Leave the kernel running' })
        .example('$0 run hello.py', 'in a kernel of its own, gone afterwards')
        .example('$0 run --addr 127.0.0.1:6001 --mem 2g train.py', 'on a running agent')
        .example("$0 run --addr 127.0.0.1:6001 --keep -c 'x = 1'", 'tells the id of a kernel that stays')
        .example("$0 run --addr 127.0.0.1:6001 --kernel 6b8f0a4e -c 'print(x)'", 'uses it again')
        .epilogue(
          'Standard input answers what the program asks. Ctrl-C interrupts the program, twice in a row ends the kernel.\nThe exit code is that of the program; 124 after --timeout; 125 when the agent failed.',
        ),
    ({ file, code, addr, runtimeType, cpu, mem, image, timeout, kernel, keep }) => {
      const options = { file, code, addr, runtimeType, cpu, mem, image, kernel, keep, timeoutSec: secondsOf(timeout) };
      choose(async (context) => (await import('../../commands/run.js')).run(options, context));
    },
  );
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= 2_000_000) return seconds;
  throw new UsageError(`--timeout must be a number of seconds, more than 0, got ${JSON.stringify(text)}`);
}
