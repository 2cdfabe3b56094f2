import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeShell } from '../testing/fake-shell.js';
import { VERSION } from '../version.js';
import { runCommandLine } from './command-line.js';

let cwd: string;
let shell: FakeShell;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cli-'));
  shell = new FakeShell({ cwd });
});
afterEach(() => rmSync(cwd, { recursive: true }));

const bai = (...args: string[]) => runCommandLine(args, shell);

describe('help', () => {
  it.each([[['--help']], [['-h']]])('%j tells what there is, by example', async (args) => {
    expect(await bai(...args)).toBe(0);
    for (const text of [
      'bai-agent quickstart',
      'bai-agent start',
      'bai-agent run -c',
      'kernels',
      'ping',
      'config',
      '--json',
    ]) {
      expect(shell.stdout.text).toContain(text);
    }
    expect(shell.stderr.text).toBe('');
  });

  it.each([
    [['start', '--help'], 'start --rpc-listen-addr 127.0.0.1:7001'],
    [['run', '--help'], 'Ctrl-C interrupts the program'],
    [['kernels', '--help'], 'kernels ls'],
    [['kernels', 'rm', '--help'], '--all'],
    [['config', 'check', '--help'], '--config'],
    [['ping', '--help'], '--addr'],
  ])('%j teaches', async (args, text) => {
    expect(await bai(...args)).toBe(0);
    expect(shell.stdout.text).toContain(text);
  });

  it('knows no command or option that docs/cli.md does not explain', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/cli.md'), 'utf8');
    const commands = [
      'quickstart',
      'start',
      'run',
      'ping',
      'kernels ls',
      'kernels logs',
      'kernels rm',
      'config show',
      'config check',
      'config schema',
    ];
    for (const command of commands) {
      expect(page).toContain(`\n## \`${command}`);
      shell = new FakeShell({ cwd });
      await bai(...command.split(' '), '--help');
      const options = [...shell.stdout.text.matchAll(/^ {2,}(?:-\w, )?--([\w-]+)/gm)].map(([, name]) => String(name));
      expect(options.length).toBeGreaterThan(2);
      expect([command, options.filter((name) => !page.includes(`--${name}`))]).toEqual([command, []]);
    }
  });

  it('tells the version', async () => {
    expect(await bai('--version')).toBe(0);
    expect(shell.stdout.text).toBe(`${VERSION}\n`);
    expect(VERSION).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('a wrong command line', () => {
  it.each([
    [[], 'name a command'],
    [['frobnicate'], 'frobnicate'],
    [['ping', '--frob'], 'Unknown argument: frob'],
    [['kernels'], 'name what to do with kernels'],
    [['config'], 'name what to do with the configuration'],
    [['kernels', 'rm'], 'name the kernels to end, or say --all'],
    [['run'], 'name a file to run'],
    [['run', 'a.py', '-c', 'x'], 'name a file to run'],
    [['run', 'no.py'], "no.py can't be read"],
    [['run', '-c', 'x', '--timeout', 'soon'], '--timeout must be a number of seconds'],
    [['run', '-c', 'x', '--runtime-type', 'perl'], 'perl'],
    [['run', '-c', 'x', '--keep'], '--keep and --kernel need an agent'],
    [['start', '--set'], 'set'],
    [['start', 'now'], 'now'],
    [['ping', '--addr=x', '--', 'y'], 'y'],
    [['kernels', 'ls', 'x'], 'x'],
    [['run', 'a.py', 'b.py'], 'b.py'],
  ])('%j is told in a sentence, with exit code 2', async (args, text) => {
    expect(await bai(...args)).toBe(2);
    expect(shell.stdout.text).toBe('');
    const [message, hint] = shell.stderr.text.trim().split('\n');
    expect(message).toMatch(/^bai-agent: /);
    expect(message).toContain(text);
    expect(hint).toContain('--help');
  });

  it('is JSON under --json', async () => {
    expect(await bai('ping', '--frob', '--json')).toBe(2);
    expect(JSON.parse(shell.stdout.text)).toMatchObject({ type: 'error', code: 'CLI_USAGE' });
    expect(shell.stderr.text).toBe('');
  });
});

it('ignores the separator that pnpm hands on', async () => {
  expect(await bai('config', '--', 'check')).toBe(0);
  expect(await bai('ping', '--', '--addr', 'x')).toBe(1);
});

describe('an agent that is not there', () => {
  it('is told with what to do', async () => {
    expect(await bai('ping', '--addr', '127.0.0.1:1')).toBe(1);
    expect(shell.stderr.text).toMatch(/^bai-agent: no agent answers at .*127.0.0.1:1/);
    expect(shell.stderr.text).toContain("Start an agent with 'bai-agent start'");
    expect(shell.stderr.text).not.toContain('    at ');
  });

  it('is no failure of the program, and --debug shows the stack', async () => {
    expect(await bai('run', '-c', 'x', '--addr', '127.0.0.1:1', '--debug')).toBe(125);
    expect(shell.stderr.text).toContain('    at ');
  });

  it('can not be at an address that is none', async () => {
    expect(await bai('ping', '--addr', 'x')).toBe(1);
    expect(shell.stderr.text).toContain('an address must be like 127.0.0.1:7001');
  });
});

describe('config', () => {
  const file = (text: string) => writeFileSync(join(cwd, 'agent.toml'), text);

  it('show tells values and origins', async () => {
    file('[agent]\nid = "i-one"\nregion = "x"');
    expect(
      await bai('config', 'show', '-f', 'agent.toml', '--set', 'agent.on-stop=destroy', '--set', 'debug.enabled=true'),
    ).toBe(0);
    expect(shell.stdout.text).toContain('id = "i-one"  # agent.toml:2:1');
    expect(shell.stdout.text).toContain('on-stop = "destroy"  # --set agent.on-stop');
    expect(shell.stdout.text).toContain('enabled = true  # --set debug.enabled');
  });

  it('show --json gives the same to programs', async () => {
    file('[agent]\nid = "i-one"');
    expect(await bai('config', 'show', '--json')).toBe(0);
    expect(JSON.parse(shell.stdout.text)).toMatchObject({
      file: join(cwd, 'agent.toml'),
      keys: { 'agent.id': { value: 'i-one', origin: 'agent.toml:2:1' } },
    });
  });

  it('check tells what is accepted without effect', async () => {
    file('[agent]\nregion = "x"');
    expect(await bai('config', 'check')).toBe(0);
    expect(shell.stdout.text).toBe(
      `accepted, but without effect in this version: agent.region\n${join(cwd, 'agent.toml')} is correct\n`,
    );
  });

  it.each([['check'], ['show']])('%s tells every mistake with its place', async (command) => {
    file('[agent]\nbackedn = "docker"\non-stop = 5');
    expect(await bai('config', command)).toBe(1);
    expect(shell.stderr.text).toBe(
      'bai-agent: the configuration has 2 mistakes:\n' +
        '  agent.toml:2:1: agent.backedn: nobody knows this key: did you mean agent.backend?\n' +
        '  agent.toml:3:1: agent.on-stop: must be one of keep, destroy, auto, got 5\n',
    );
  });

  it('a file that is named must be there', async () => {
    expect(await bai('config', 'check', '-f', 'none.toml')).toBe(1);
    expect(shell.stderr.text).toContain('none.toml, named by -f, is not there');
  });

  it('schema is JSON Schema, or the page', async () => {
    expect(await bai('config', 'schema')).toBe(0);
    expect(JSON.parse(shell.stdout.text)).toMatchObject({ title: 'Configuration of bai-agent' });
    shell = new FakeShell({ cwd });
    expect(await bai('config', 'schema', '--markdown')).toBe(0);
    expect(shell.stdout.text).toMatch(/^# Configuration/);
  });
});
