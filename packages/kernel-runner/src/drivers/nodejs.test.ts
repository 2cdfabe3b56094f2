import { expect, test } from 'vitest';
import { TestRunner } from '../testing/runner-peer.js';

const start = () => TestRunner.start({ runtimeType: 'nodejs', runtimePath: process.execPath });

test('keeps state; expressions have a value, programs print what they want to', async () => {
  await using runner = await start();
  using peer = runner.connect();
  const seen: unknown[] = [];
  const codes = [
    'const x = 6',
    'x * 7',
    'const x = 5',
    'x;',
    'undefined',
    '{ a: 1 }',
    'const y = 1; y + 1',
    '"ü"',
    '10n ** 20n',
  ];
  codes.push('await Promise.resolve(3)', 'const z = await Promise.resolve(4)', 'z', 'require("path").sep', 'NaN');
  codes.push('console.log("out"); console.error("err")', 'function f() {}', 'f');
  for (const code of codes) {
    const { exitCode, stdout, stderr } = await peer.run(code);
    seen.push([exitCode, stdout, stderr]);
  }
  expect(seen).toEqual([
    [0, '', ''],
    [0, '42', ''],
    [0, '', ''],
    [0, '5', ''],
    [0, '', ''],
    [0, '{ a: 1 }', ''],
    [0, '', ''],
    [0, "'ü'", ''],
    [0, '100000000000000000000n', ''],
    [0, '3', ''],
    [0, '', ''],
    [0, '4', ''],
    [0, "'/'", ''],
    [0, 'NaN', ''],
    [0, 'out\n', 'err\n'],
    [0, '', ''],
    [0, '[Function: f]', ''],
  ]);
});

test('a run is over when its event loop is empty', async () => {
  await using runner = await start();
  using peer = runner.connect();
  const code = 'let n = 0;\nconst t = setInterval(() => { console.log(++n); if (n === 3) clearInterval(t) }, 1)';
  expect((await peer.run(code)).stdout).toBe('1\n2\n3\n');
  expect(await peer.run('await new Promise(() => {})')).toMatchObject({ exitCode: 13 });
});

test('imports modules, and leaves the word in texts alone', async () => {
  await using runner = await start();
  using peer = runner.connect();
  expect((await peer.run('(await import("node:path")).sep')).stdout).toBe("'/'");
  expect((await peer.run('const t = "import(1)"; /* import( */\nconsole.log(t, `import (2)`)')).stdout).toBe(
    'import(1) import (2)\n',
  );
});

test.each([
  ['null.foo', 'TypeError'],
  ['throw new RangeError("x")', 'RangeError: x'],
  ['throw 42', 'Uncaught 42'],
  ['if (', 'SyntaxError: Unexpected end of input'],
  ['setTimeout(() => { throw new Error("late") }, 1), undefined', 'Error: late'],
  ['Promise.reject(new Error("unhandled")), undefined', 'Error: unhandled'],
  ['await Promise.reject(new Error("awaited"))', 'Error: awaited'],
])('an uncaught error ends the run with 1: %s', async (code, message) => {
  await using runner = await start();
  using peer = runner.connect();
  const { exitCode, stderr } = await peer.run(code);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
  expect(stderr).not.toMatch(/node:inspector|nodejs\.cjs/);
  expect(await peer.run('1')).toMatchObject({ exitCode: 0, stdout: '1' });
});

const sayGo = 'setTimeout(() => console.log("go"), 1)';

test.each([
  'console.log("go"); while (true) {}',
  `${sayGo}; await new Promise((r) => setTimeout(r, 1e6))`,
  `${sayGo}; setInterval(() => {}, 1000), 0`,
])('an interrupt stops %s; variables survive', async (wait) => {
  await using runner = await start();
  using peer = runner.connect();
  await peer.run('let kept = 7');
  peer.code(wait);
  await peer.until(({ opcode }) => opcode === 'stdout');
  peer.send('interrupt', '');
  expect((await peer.finished()).exitCode).toBe(130);
  expect(await peer.run('kept')).toMatchObject({ exitCode: 0, stdout: '7' });
});

test('an interrupt leaves nothing that holds up later runs', async () => {
  await using runner = await start();
  using peer = runner.connect();
  peer.code('require("net").createServer().listen(0, () => console.log("listening"))\nsetInterval(() => {}, 10)');
  await peer.until(({ text }) => text === 'listening\n');
  peer.send('interrupt', '');
  expect((await peer.finished()).exitCode).toBe(130);
  expect(await peer.run('console.log("next")')).toMatchObject({ exitCode: 0, stdout: 'next\n' });
});

test('input() asks and waits', async () => {
  await using runner = await start();
  using peer = runner.connect();
  peer.code('const name = input("name? "); console.log("hi", name)');
  const asked = await peer.until(({ opcode }) => opcode === 'waiting-input');
  expect(asked.map(({ text }) => text)).toEqual(['name? ', '{"is_password": false}']);
  peer.send('input', 'Jörg\n2');
  expect((await peer.finished()).stdout).toBe('hi Jörg\n2\n');
});

test('process.exit ends the run with its code, and the next run has a new interpreter', async () => {
  await using runner = await start();
  using peer = runner.connect();
  await peer.run('let x = 1');
  expect(await peer.run('console.log("bye"); process.exit(4)')).toMatchObject({ exitCode: 4, stdout: 'bye\n' });
  expect((await peer.run('typeof x')).stdout).toBe("'undefined'");
});

test('completes names and properties', async () => {
  await using runner = await start();
  using peer = runner.connect();
  await peer.run('const myLongName = { inner: 1 }');
  const ask = async (code: string) => {
    peer.send('complete', JSON.stringify({ code }));
    return JSON.parse((await peer.until(({ opcode }) => opcode === 'completion')).at(-1)?.text ?? '').suggestions;
  };
  expect(await ask('1 + myLon')).toEqual(['myLongName']);
  expect(await ask('myLongName.inn')).toEqual(['myLongName.inner']);
  expect(await ask('no.such.')).toEqual([]);
});
