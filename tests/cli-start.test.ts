import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bai, buildBinary, Command, Folder, sandboxProblem } from './support/cli.js';
import { NO_TRACES, tracesOf } from './support/traces.js';

let problem: string | undefined;
let folder: Folder;
let stateDir: string;

beforeAll(async () => {
  await buildBinary();
  problem = await sandboxProblem();
}, 240_000);
beforeEach((context) => {
  if (problem !== undefined) context.skip(problem);
  folder = new Folder();
  stateDir = join(folder.path, 'state');
});
afterEach(() => folder[Symbol.dispose]());

const READY = 'started handling RPC requests at ';

/** Starts an agent on a free port and waits until it listens. */
async function start(...args: string[]): Promise<{ readonly daemon: Command; readonly addr: readonly string[] }> {
  const daemon = spawn(...args);
  await daemon.shows(READY);
  return { daemon, addr: ['--addr', addressIn(daemon.stderr)] };
}
const spawn = (...args: string[]): Command =>
  new Command(['start', '--state-dir', stateDir, '--rpc-listen-addr', '127.0.0.1:0', ...args], { cwd: folder.path });
const addressIn = (text: string): string => new RegExp(`${READY}(\\S+)`).exec(text)?.[1] ?? 'no address';
const fail = (...args: string[]) =>
  bai(['start', '--state-dir', stateDir, '--rpc-listen-addr', '127.0.0.1:0', ...args], { cwd: folder.path });

describe('bai-agent start', () => {
  it('says where it listens, with what, and how to run code on it', async () => {
    const { daemon, addr } = await start();
    await using _ = daemon;
    await daemon.shows('Ctrl-C stops the agent');
    expect(daemon.stdout).toContain(`listens at ${addr[1]}\n`);
    expect(daemon.stdout).toMatch(/slots {4}cpu \d+, mem \d/);
    expect(daemon.stdout).toContain('host/shell');
    expect(daemon.stdout).toContain(`bai-agent run --addr ${addr[1]} examples/hello.py`);
    const { exit, stdout } = await bai(['ping', ...addr]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^agent i-\S+, version \d+\.\d+\.\d+, answers at /);
  });

  it('says the same to programs under --json', async () => {
    const { daemon, addr } = await start('--json');
    await using _ = daemon;
    await daemon.shows('"listening"');
    expect(JSON.parse(daemon.stdout)).toMatchObject({ type: 'listening', address: addr[1], pid: daemon.pid, stateDir });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('%s: exit 0, kernels go on, and the next start has them', async (signal) => {
    const first = await start('--pid-file', 'agent.pid');
    await using _ = first.daemon;
    expect(readFileSync(join(folder.path, 'agent.pid'), 'utf8')).toBe(String(first.daemon.pid));
    await bai(['run', ...first.addr, '--keep', '--runtime-type', 'shell', '-c', 'x=41']);
    first.daemon.signal(signal);
    expect(await first.daemon.exit()).toBe(0);
    expect(existsSync(join(folder.path, 'agent.pid'))).toBe(false);
    const second = await start();
    await using _second = second.daemon;
    const { stdout } = await bai(['kernels', 'ls', '--json', ...second.addr]);
    const [kernel] = JSON.parse(stdout) as { readonly kernelId: string; readonly state: string }[];
    expect(kernel).toMatchObject({ state: 'running' });
    const again = await bai(['run', ...second.addr, '--kernel', String(kernel?.kernelId), '-c', 'echo $((x + 1))']);
    expect(again).toEqual({ exit: 0, stdout: '42\n', stderr: '' });
    await bai(['kernels', 'rm', '--all', ...second.addr]);
    second.daemon.signal(signal);
    expect(await second.daemon.exit()).toBe(0);
    expect(tracesOf(stateDir)).toEqual(NO_TRACES);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('%s with agent.on-stop=destroy: exit 0, nothing is left', async (signal) => {
    const { daemon, addr } = await start('--set', 'agent.on-stop=destroy');
    await using _ = daemon;
    await bai(['run', ...addr, '--keep', '--runtime-type', 'shell', '-c', 'x=1']);
    expect(tracesOf(stateDir).processes).not.toEqual([]);
    daemon.signal(signal);
    expect(await daemon.exit()).toBe(0);
    expect(tracesOf(stateDir)).toEqual(NO_TRACES);
  });

  it('takes a signal that comes while it starts', async () => {
    await using daemon = spawn('--log-level', 'DEBUG');
    await daemon.shows('configuration read');
    daemon.signal('SIGTERM');
    expect(await daemon.exit()).toBe(0);
    expect(existsSync(join(stateDir, 'lock'))).toBe(false);
  });
});

describe('bai-agent start refuses, with a sentence that helps', () => {
  const busyPort = async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no address');
    return { server, port: address.port };
  };

  it('a port that is in use', async () => {
    const { server, port } = await busyPort();
    const { exit, stderr } = await fail('--rpc-listen-addr', `127.0.0.1:${port}`);
    server.close();
    expect(exit).toBe(1);
    expect(stderr).toContain(
      `bai-agent: another program listens at 127.0.0.1:${port}: choose another port, for example with --set agent.rpc-listen-addr=127.0.0.1:7001`,
    );
    expect(stderr).not.toContain('    at ');
  });

  it('a state folder that can not be written', async () => {
    writeFileSync(stateDir, 'a file, not a folder');
    const { exit, stderr } = await fail();
    expect(exit).toBe(1);
    expect(stderr).toContain(
      `bai-agent: the state folder ${stateDir} can't be written: choose another with --state-dir`,
    );
  });

  it('a state folder of a running agent, which goes on', async () => {
    const { daemon, addr } = await start();
    await using _ = daemon;
    const { exit, stderr } = await fail();
    expect(exit).toBe(1);
    expect(stderr).toContain(`belongs to the running agent with process id ${daemon.pid}`);
    expect((await bai(['ping', ...addr])).exit).toBe(0);
  });

  it('mistakes in the configuration, all at once', async () => {
    writeFileSync(
      join(folder.path, 'agent.toml'),
      '[agent]\nrpc-listn-addr = "127.0.0.1:1"\n\n[container]\nport-range = [5, 3]\n',
    );
    const { exit, stderr } = await fail('--set', 'agent.onstop=keep');
    expect(exit).toBe(1);
    expect(stderr).toBe(
      [
        'bai-agent: the configuration has 3 mistakes:',
        '  agent.toml:2:1: agent.rpc-listn-addr: nobody knows this key: did you mean agent.rpc-listen-addr?',
        '  agent.toml:5:1: container.port-range: must be two ports, the lower one first, such as [30000, 31000] or "30000-31000", got [5,3]',
        '  --set agent.onstop: agent.onstop: nobody knows this key: did you mean agent.on-stop?',
        '',
      ].join('\n'),
    );
  });

  it('a backend that is not there', async () => {
    const { exit, stderr } = await fail('--set', 'agent.backend=docker');
    expect(exit).toBe(2);
    expect(stderr).toContain('agent.backend = "docker" is not in this version');
  });

  it('a log file that can not be opened', async () => {
    writeFileSync(join(folder.path, 'file'), '');
    const { exit, stderr } = await fail('--log-file', 'file/agent.log');
    expect(exit).toBe(1);
    expect(stderr).toContain('file');
  });
});
