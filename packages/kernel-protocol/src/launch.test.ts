import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromRunnerArguments, ProtocolError, type RunnerLaunch, toRunnerArguments } from './index.js';

const launch: RunnerLaunch = {
  listen: { kind: 'unix', directory: '/run/bai' },
  runtimeType: 'python',
  runtimePath: '/usr/bin/python3',
  spoolFile: '/run/bai/spool',
  spoolBytes: 1024,
  readyFd: 3,
};

test('what the agent writes the runner reads', () => {
  const path = fc.stringMatching(/^\/[a-z=:-]{0,20}$/);
  const listen = fc.oneof(
    fc.record({ kind: fc.constant('unix' as const), directory: fc.stringMatching(/^\/[a-z=:-]{1,20}$/) }),
    fc.record({
      kind: fc.constant('tcp' as const),
      host: fc.ipV4(),
      inPort: fc.nat(65_535),
      outPort: fc.nat(65_535),
    }),
  );
  const launches = fc.record({
    listen,
    runtimeType: fc.constantFrom('python', 'nodejs', 'shell', 'app'),
    runtimePath: fc.option(path, { nil: undefined }),
    spoolFile: path,
    spoolBytes: fc.nat(),
    readyFd: fc.option(fc.nat(100), { nil: undefined }),
  });
  fc.assert(
    fc.property(launches, (it) => {
      expect(fromRunnerArguments(toRunnerArguments(it))).toEqual(it);
    }),
  );
});

test('the arguments are those of docs/kernel-protocol.md', () => {
  expect(toRunnerArguments(launch)).toEqual([
    '--listen=unix:/run/bai',
    '--spool=/run/bai/spool',
    '--spool-bytes=1024',
    '--ready-fd=3',
    'python',
    '/usr/bin/python3',
  ]);
});

test.each([
  [['--spool=/s', '--listen=unix:/r'], 'runtime type'],
  [['--listen=unix:/r', 'python'], '--spool'],
  [['--spool=/s', 'python'], '--listen'],
  [['--spool=/s', '--listen=unix:relative', 'python'], '--listen'],
  [['--spool=/s', '--listen=tcp:host:1', 'python'], '--listen'],
  [['--spool=/s', '--listen=unix:/r', '--spool-bytes=1.5', 'python'], '--spool-bytes'],
  [['--spool=/s', '--listen=unix:/r', '--ready-fd=-1', 'python'], '--ready-fd'],
])('%j is refused, naming %s', (args, name) => {
  expect(() => fromRunnerArguments(args)).toThrow(name);
});

test('an unknown option is a ProtocolError like any other', () => {
  expect(() => fromRunnerArguments(['--nonsense', 'python'])).toThrow(ProtocolError);
});
