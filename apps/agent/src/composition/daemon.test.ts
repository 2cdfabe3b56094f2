import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@bai/config';
import { InMemoryContainerRuntime, MemoryPlace } from '@bai/container-runtime';
import { MemoryLogger } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Daemon } from './daemon.js';
import { bindOnce, type Scope } from './scope.js';
import { PORTS, RUNTIME, STATS_MONITOR } from './tokens.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daemon-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const settingsOf = (...set: string[]) =>
  loadConfig({
    env: {},
    cwd: folder,
    home: folder,
    set: ['agent.rpc-listen-addr=127.0.0.1:0', `agent.state-dir=${folder}/state`, ...set],
  }).settings;

const closed: string[] = [];
/** No sandbox: this is about the parts and their order. */
const onMemory = (scope: Scope) =>
  bindOnce(scope, RUNTIME, async ({ stack }) => {
    stack.defer('runtime witness', () => closed.push('runtime'));
    return stack.use(
      new InMemoryContainerRuntime({ place: new MemoryPlace(), images: [], program: async () => 0 }),
      'runtime',
    );
  });

const open = (logger = new MemoryLogger(), ...set: string[]) =>
  Daemon.open({ settings: settingsOf(...set), logger, env: {}, rebind: onMemory });

describe('Daemon', () => {
  it('opens part after part, and closes them newest first', async () => {
    const logger = new MemoryLogger();
    const daemon = await open(logger, `agent.pid-file=${folder}/agent.pid`);
    expect(daemon.parts).toEqual([
      'state lock',
      'registry',
      'stats',
      'events',
      'runtime witness',
      'runtime',
      'agent',
      'pid file',
      'rpc server',
      'announcement',
    ]);
    expect(readFileSync(join(folder, 'state/registry.json'), 'utf8')).toContain('running');
    expect(daemon.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(existsSync(join(folder, 'agent.pid'))).toBe(true);
    await daemon[Symbol.asyncDispose]();
    expect(daemon.parts).toEqual([]);
    expect(closed).toEqual(['runtime']);
    expect(readFileSync(join(folder, 'state/registry.json'), 'utf8')).not.toContain('running');
    expect(existsSync(join(folder, 'agent.pid'))).toBe(false);
    expect(logger.lines.map(({ message }) => message)).toContain('agent stops');
  });

  it('closes what was open when a later part fails, and leaves nothing locked', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await expect(open(undefined, `agent.rpc-listen-addr=127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'RPC_ADDRESS_IN_USE',
      message: expect.stringContaining(
        `another program listens at 127.0.0.1:${port}: choose another port, for example with --set`,
      ),
    });
    await new Promise((resolve) => server.close(resolve));
    await using again = await open();
    expect(again.parts).toContain('rpc server');
  });

  it.each(['docker', 'kubernetes', 'dummy'])('refuses the backend %s, which is not there', async (backend) => {
    const settings = settingsOf(`agent.backend=${backend}`);
    await expect(Daemon.open({ settings, logger: new MemoryLogger(), env: {} })).rejects.toThrow(
      `agent.backend = "${backend}" is not in this version: use "sandbox"`,
    );
  });

  it('refuses a fail-point that is none', async () => {
    const opening = Daemon.open({
      settings: settingsOf(),
      logger: new MemoryLogger(),
      env: { BAI_AGENT_FAILPOINT: 'nowhere' },
      rebind: onMemory,
    });
    await expect(opening).rejects.toThrow("unknown fail-point 'nowhere'");
  });

  it('makes each part once per daemon, and never shares it', async () => {
    const scopes: Scope[] = [];
    const rebind = (scope: Scope) => {
      scopes.push(scope);
      onMemory(scope);
    };
    const settings = [settingsOf(), settingsOf(`agent.state-dir=${folder}/other`)];
    await using one = await Daemon.open({
      settings: settings[0] ?? settingsOf(),
      logger: new MemoryLogger(),
      env: {},
      rebind,
    });
    await using two = await Daemon.open({
      settings: settings[1] ?? settingsOf(),
      logger: new MemoryLogger(),
      env: {},
      rebind,
    });
    expect(one.address).not.toBe(two.address);
    for (const token of [PORTS, STATS_MONITOR]) {
      const [first, second] = scopes.map(({ container }) => container.resolve<unknown>(token));
      expect(first).toBe(scopes[0]?.container.resolve<unknown>(token));
      expect(first).not.toBe(second);
    }
  });
});
