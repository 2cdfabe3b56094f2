import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from './errors.js';
import { type LoadOptions, loadConfig } from './load.js';
import { formatProblem } from './problems.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const load = (options: LoadOptions = {}) => loadConfig({ env: {}, cwd, home: join(cwd, 'home'), ...options });
const withFile = (text: string, options: LoadOptions = {}) => {
  writeFileSync(join(cwd, 'agent.toml'), text);
  return load(options);
};
const problemsOf = (act: () => unknown): readonly string[] => {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
  return [];
};

describe('without any source', () => {
  it('gives a working agent of one machine', () => {
    const { file, settings, warnings } = load({ env: { XDG_STATE_HOME: '/state' } });
    expect({ file, warnings }).toEqual({ file: undefined, warnings: [] });
    expect(settings).toMatchObject({
      backend: 'sandbox',
      listen: { host: '127.0.0.1', port: 6001 },
      onStop: 'keep',
      pidFile: undefined,
      reservedCpu: 0,
      reservedMem: 0n,
      portRange: [30_000, 31_000],
      startupTimeoutMs: 60_000,
      spoolBytes: 64 * 1024 * 1024,
      log: { level: 'info', file: undefined },
    });
  });
});

describe('a file of a Python agent', () => {
  it('of 26.x is read, with its names and its forms', () => {
    const { settings } = withFile(`
      [etcd]
      namespace = "local"
      addr = { host = "10.0.0.5", port = 2379 }
      [agent]
      backend = "docker"
      rpc-listen-addr = { host = "", port = 6001 }
      initial-resource-group-name = "default"
      [container]
      port-range = [30000, 31000]
      scratch-root = "scratches"
      [resource]
      reserved-cpu = 1`);
    expect(settings).toMatchObject({
      backend: 'docker',
      listen: { host: '', port: 6001 },
      scratchRoot: join(cwd, 'scratches'),
      reservedCpu: 1,
      reservedMem: 1024n ** 3n,
    });
  });

  it('of 20.09 is read, with its older names', () => {
    const { config, warnings } = withFile(`
      [etcd]
      namespace = "local"
      addr = "127.0.0.1:2379"
      user = ""
      password = ""
      [agent]
      mode = "docker"
      scaling-group = "default"
      [container]
      kernel-host = "10.0.0.7"
      kernel-uid = -1
      stats-type = "docker"
      scratch-type = "hostdir"
      [logging]
      level = "INFO"
      drivers = ["console", "file"]
      [logging.pkg-ns]
      "" = "WARNING"
      "ai.backend" = "DEBUG"
      [logging.console]
      colored = true
      format = "verbose"
      [logging.file]
      path = "./logs"
      filename = "agent.log"
      backup-count = 10
      rotation-size = "10M"
      [debug]
      enabled = false
      [license]
      addr = "x:6099"`);
    expect(config.container['bind-host']).toBe('10.0.0.7');
    expect(config.agent.backend).toBe('docker');
    expect(warnings).toEqual([]);
  });

  it('may write names with underscores', () => {
    expect(withFile('[agent]\nrpc_listen_addr = "h:1"').settings.listen).toEqual({ host: 'h', port: 1 });
  });

  it('may have the quoted lists of generated samples', () => {
    const { config } = withFile(`[agent]\nallow-compute-plugins = "['a']"\n[container]\nport-range = "[30000, 32000]"`);
    expect([config.agent['allow-compute-plugins'], config.container['port-range']]).toEqual([['a'], [30000, 32000]]);
  });

  it('says which name counts when a key stands there twice', () => {
    const { config, warnings } = withFile(
      '[agent]\nmode = "docker"\nbackend = "sandbox"\nservice-addr = "a:1"\ninternal-addr = "b:2"',
    );
    expect(config.agent.backend).toBe('sandbox');
    expect(config.agent['internal-addr']).toEqual({ host: 'a', port: 1 });
    expect(warnings.map(formatProblem)).toEqual([
      'agent.toml:2:1: agent.mode: is ignored, since agent.backend is the same key',
      'agent.toml:5:1: agent.internal-addr: is ignored, since agent.service-addr is the same key',
    ]);
  });

  it('warns of a log driver that is not there', () => {
    const { warnings } = withFile('[logging]\ndrivers = ["console", "graylog"]\n[logging.graylog]\nca-certs = ""');
    expect(warnings.map(formatProblem)).toEqual([
      'agent.toml:2:1: logging.drivers: graylog has no effect in this version: nothing is sent there',
    ]);
  });
});

describe('mistakes', () => {
  it('are told all at once, with place, key, value and hint', () => {
    const text = `
[agent]
rpc-listn-addr = "127.0.0.1:1"
kernel-creation-concurrency = 77
scratch-root = "x"
  on-stop = "leave"
[resource]
reserved-mem = "1x"
[agnet]
id = "a"`;
    expect(
      problemsOf(() => withFile(text, { set: ['agent.id', 'a.b=1', 'agent=5'], env: { BACKEND_AGENT_PORT: '0x' } })),
    ).toEqual([
      'agent.toml:3:1: agent.rpc-listn-addr: nobody knows this key: did you mean agent.rpc-listen-addr?',
      'agent.toml:4:1: agent.kernel-creation-concurrency: must be a whole number, 1 to 32, got 77',
      'agent.toml:5:1: agent.scratch-root: nobody knows this key: did you mean container.scratch-root?',
      'agent.toml:6:3: agent.on-stop: must be one of keep, destroy, auto, got "leave"',
      'agent.toml:8:1: resource.reserved-mem: must be a size such as 1073741824, "512m", "1.5g" or "1 GiB", got "1x"',
      'agent.toml:9:2: agnet: nobody knows this key: did you mean agent?',
      '--set agent.id: must be KEY=VALUE, for example agent.id=i-node01',
      '--set a.b: a.b: nobody knows this key',
      '--set agent: agent: is a table: name one of its keys',
      expect.stringMatching(
        /^environment variable BACKEND_AGENT_PORT: agent.rpc-listen-addr: must be an address .*, got \{"host":"127.0.0.1","port":"0x"\}$/,
      ),
    ]);
  });

  it('count as one error with a message for people', () => {
    expect(() => withFile('[agent]\nid = 5')).toThrow(
      'the configuration has a mistake:\n  agent.toml:2:1: agent.id: must be text, got 5',
    );
  });

  it.each([
    ['[agent\nid = "x"', /^agent.toml:1:\d+: not TOML: /],
    ['[agent]\nid = ', /^agent.toml:2:\d+: not TOML: /],
    ['[agent]\nid = "a"\nid = "b"', /^agent.toml:3:1: not TOML: /],
  ])('of TOML itself have a place: %j', (text, expected) => {
    expect(problemsOf(() => withFile(text))).toEqual([expect.stringMatching(expected)]);
  });

  it('of a table that should be one, or should not', () => {
    expect(problemsOf(() => withFile('agent = 5'))).toEqual(['agent.toml:1:1: agent: must be a table, got 5']);
    expect(problemsOf(() => withFile('[agent.id]\nx = 1'))).toEqual([
      'agent.toml:1:2: agent.id: must be text, got {"x":1}',
    ]);
  });

  it('never show a secret', () => {
    const told = problemsOf(() =>
      withFile('[etcd]\npassword = 12345', { set: ['etcd.pasword=12345', 'etcd.user=[1]'] }),
    );
    expect(told).toEqual([
      'agent.toml:2:1: etcd.password: must be text',
      '--set etcd.pasword: etcd.pasword: nobody knows this key: did you mean etcd.password?',
    ]);
  });

  it('in names may be allowed', () => {
    const { warnings } = withFile('[agent]\nfuture = 1\n[debug]\nallow-unknown-keys = true');
    expect(warnings.map(formatProblem)).toEqual(['agent.toml:2:1: agent.future: nobody knows this key']);
  });

  it('a log file needs its section', () => {
    expect(problemsOf(() => withFile('[logging]\ndrivers = ["file"]'))).toEqual([
      'agent.toml:2:1: logging.drivers: has "file", so that a section [logging.file] is needed, got ["file"]',
    ]);
  });
});

describe('the environment', () => {
  it('may share out cores several times', () => {
    expect(load({ env: { BACKEND_CPU_OVERCOMMIT_FACTOR: '4' } }).settings.cpuOvercommit).toBe(4);
    expect(problemsOf(() => load({ env: { BACKEND_CPU_OVERCOMMIT_FACTOR: '11' } }))).toEqual([
      'environment variable BACKEND_CPU_OVERCOMMIT_FACTOR: resource.cpu-overcommit-factor: must be a whole number, 1 to 10, got 11',
    ]);
  });
});

describe('precedence', () => {
  const file = '[agent]\nrpc-listen-addr = "file:1"\npid-file = "file.pid"';

  it('is command line, environment, file, default', () => {
    const env = { BACKEND_AGENT_HOST_OVERRIDE: 'env', BACKEND_PID_FILE: 'env.pid' };
    expect(withFile(file).settings.listen).toEqual({ host: 'file', port: 1 });
    expect(withFile(file, { env }).settings).toMatchObject({
      listen: { host: 'env', port: 1 },
      pidFile: join(cwd, 'env.pid'),
    });
    const flags = { 'agent-host-override': 'flag', 'pid-file': 'flag.pid' };
    expect(withFile(file, { env, flags }).settings).toMatchObject({
      listen: { host: 'flag', port: 1 },
      pidFile: join(cwd, 'flag.pid'),
    });
    expect(withFile(file, { env, flags, set: ['agent.rpc-listen-addr=set:9'] }).settings.listen).toEqual({
      host: 'set',
      port: 9,
    });
  });

  it('tells where a value came from', () => {
    const loaded = withFile(file, { set: ['agent.rpc-listen-addr.port=7'] });
    expect(loaded.settings.listen).toEqual({ host: 'file', port: 7 });
    expect(loaded.originOf(['agent', 'rpc-listen-addr'])).toEqual({ kind: 'set', key: 'agent.rpc-listen-addr.port' });
    expect(loaded.originOf(['agent', 'pid-file'])).toMatchObject({ kind: 'file', line: 3, column: 1 });
    expect(loaded.originOf(['agent', 'id'])).toEqual({ kind: 'default' });
  });

  it('of levels: --log-level, --debug, environment', () => {
    const text = '[logging]\nlevel = "ERROR"';
    expect(withFile(text).settings.log.level).toBe('error');
    expect(withFile(text, { logLevel: 'NOTSET' }).settings.log.level).toBe('error');
    expect(withFile(text, { logLevel: 'warning' }).settings.log.level).toBe('warn');
    expect(withFile(text, { debug: true }).settings).toMatchObject({ debug: true, log: { level: 'debug' } });
    expect(withFile(text, { env: { BACKEND_DEBUG: 'yes' } }).settings.debug).toBe(true);
    expect(withFile(text, { env: { BACKEND_DEBUG: 'no' } }).settings.debug).toBe(false);
  });

  it('--log-file also turns the file on; the variable only says where', () => {
    expect(load({ flags: { 'log-file': 'logs/a.log', 'log-file-size': '2' } }).settings.log).toMatchObject({
      console: {},
      file: { path: join(cwd, 'logs/a.log'), backups: 5, rotationBytes: 2 * 1024 * 1024 },
    });
    expect(load({ env: { BACKEND_LOG_FILE: 'logs/a.log' } }).settings.log.file).toBeUndefined();
  });
});

describe('--set', () => {
  it.each([
    ['agent.id=5', ['agent', 'id'], '5'],
    ['agent.id="a b"', ['agent', 'id'], 'a b'],
    ['agent.id=a=b', ['agent', 'id'], 'a=b'],
    ['agent.kernel-creation-concurrency = 7', ['agent', 'kernel-creation-concurrency'], 7],
    ['agent.mode=SANDBOX', ['agent', 'backend'], 'SANDBOX'],
    ['debug.enabled=true', ['debug', 'enabled'], true],
    ['resource.reserved-mem=2g', ['resource', 'reserved-mem'], '2g'],
    ['logging.pkg-ns."ai.backend"=DEBUG', ['logging', 'pkg-ns', 'ai.backend'], 'DEBUG'],
    ['plugins.accelerator.cuda.x=1', ['plugins', 'accelerator', 'cuda', 'x'], 1],
    ['etcd.addr=["a:1", "b:2"]', ['etcd', 'addr'], ['a:1', 'b:2']],
  ])('%s', (set, path, expected) => {
    const { raw } = load({ set: [set] });
    expect(path.reduce<unknown>((place, name) => Reflect.get(Object(place), name), raw)).toEqual(expected);
  });

  it('sets any text key to any text', () => {
    const text = fc.string({ minLength: 1 }).filter((value) => value.trim() === value && !/^["'\n]/.test(value));
    fc.assert(
      fc.property(text, (value) => {
        expect(load({ set: [`agent.id=${value}`] }).settings.agentId).toBe(value);
      }),
      { numRuns: 50 },
    );
  });

  it('the last one counts', () => {
    expect(load({ set: ['agent.id=a', 'agent.id=b'] }).settings.agentId).toBe('b');
  });
});

describe('the file', () => {
  const write = (path: string, id: string) => {
    mkdirSync(join(cwd, path, '..'), { recursive: true });
    writeFileSync(join(cwd, path), `[agent]\nid = "${id}"`);
  };

  it('is that of -f, of the variable, of the folder, of a build root, of the home', () => {
    const home = join(cwd, 'home');
    const here = join(home, 'tree/a/b');
    mkdirSync(here, { recursive: true });
    const id = (options: LoadOptions = {}) => load({ cwd: here, home, ...options }).settings.agentId;
    write('home/.config/backend.ai/agent.toml', 'home');
    expect(id()).toBe('home');
    write('home/tree/agent.toml', 'tree');
    expect(id()).toBe('home');
    write('home/tree/BUILD_ROOT', '');
    expect(id()).toBe('tree');
    write('home/tree/a/b/agent.toml', 'here');
    expect(id()).toBe('here');
    write('x.toml', 'variable');
    expect(id({ env: { BACKEND_CONFIG_FILE: join(cwd, 'x.toml') } })).toBe('variable');
    expect(id({ env: { BACKEND_CONFIG_FILE: join(cwd, 'x.toml') }, path: 'agent.toml' })).toBe('here');
  });

  it('that is named must be there', () => {
    expect(() => load({ path: 'no.toml' })).toThrow(/no.toml, named by -f, is not there/);
    expect(() => load({ env: { BACKEND_CONFIG_FILE: cwd } })).toThrow(/named by BACKEND_CONFIG_FILE, is not there/);
  });
});
