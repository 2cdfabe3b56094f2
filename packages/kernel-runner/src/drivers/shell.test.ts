import { describe, expect, test } from 'vitest';
import { hasBash, have } from '../testing/interpreters.js';
import { TestRunner } from '../testing/runner-peer.js';

const shells = ['/bin/sh', ...(have(hasBash, '/bin/bash') ? ['/bin/bash'] : [])];

describe.each(shells)('%s', (runtimePath) => {
  const start = () => TestRunner.start({ runtimeType: 'shell', runtimePath });

  test('keeps variables, functions and the folder; has exit codes', async () => {
    await using runner = await start();
    using peer = runner.connect();
    const seen: unknown[] = [];
    const codes = [
      'x=\'a  b\\n\'; f() { echo "f $1"; }; cd /',
      'printf \'%s|\' "$x"; f 1; pwd',
      'false',
      'echo "it\'s" `echo ok` # c',
    ];
    codes.push('cat <<END\nhere $((1+1))\nEND', 'cat', 'echo $#');
    for (const code of codes) {
      const { exitCode, stdout, stderr } = await peer.run(code);
      seen.push([exitCode, stdout, stderr]);
    }
    expect(seen).toEqual([
      [0, '', ''],
      [0, 'a  b\\n|f 1\n/\n', ''],
      [1, '', ''],
      [0, "it's ok\n", ''],
      [0, 'here 2\n', ''],
      [0, '', ''],
      [0, '0\n', ''],
    ]);
  });

  test('survives errors in the code', async () => {
    await using runner = await start();
    using peer = runner.connect();
    await peer.run('kept=7');
    for (const code of ['if', 'echo ${none:?missing}', ': > /no/such/file', 'nosuchcommand', 'eval ")"']) {
      const { exitCode, stderr } = await peer.run(code);
      expect([code, exitCode === 0, stderr === '']).toEqual([code, false, false]);
    }
    expect((await peer.run('echo $kept')).stdout).toBe('7\n');
  });

  test('an interrupt stops programs, loops and questions; variables survive', async () => {
    await using runner = await start();
    using peer = runner.connect();
    await peer.run('kept=7');
    const program = "sh -c 'echo go; exec sleep 100'";
    for (const wait of [
      program,
      'echo go; sleep 100',
      'echo go; while :; do :; done',
      `f() { ${program}; }; f | cat`,
      'read x',
    ]) {
      peer.code(`${wait}\necho not reached`);
      await peer.until(({ opcode }) => opcode === (wait === 'read x' ? 'waiting-input' : 'stdout'));
      peer.send('interrupt', '');
      const { exitCode, stdout } = await peer.finished();
      expect([wait, exitCode, stdout]).toEqual([wait, 130, '']);
      expect([wait, (await peer.run('echo $kept')).stdout]).toEqual([wait, '7\n']);
    }
  });

  test('exit ends the run with its code, without a word; the next run has a new shell', async () => {
    await using runner = await start();
    using peer = runner.connect();
    await peer.run('x=1');
    expect(await peer.run('echo bye; exit 7')).toMatchObject({ exitCode: 7, stdout: 'bye\n', stderr: '' });
    expect(await peer.run('(exit 3); echo $? ${x-gone}')).toMatchObject({
      exitCode: 0,
      stdout: '3 gone\n',
      stderr: '',
    });
    expect((await peer.run('kill -KILL $$')).exitCode).toBe(-9);
    expect((await peer.run('set -e; false; echo no')).exitCode).toBe(1);
    expect((await peer.run('echo new')).stdout).toBe('new\n');
  });

  test('read asks, but not when its stdin is something else', async () => {
    await using runner = await start();
    using peer = runner.connect();
    peer.code('printf "name? "; read -r first rest; echo "$first|$rest"; echo piped | { read p; echo $p; }');
    const asked = await peer.until(({ opcode }) => opcode === 'waiting-input');
    expect(asked.map(({ text }) => text)).toEqual(['name? ', '{"is_password": false}']);
    peer.send('input', 'Jörg \\ Müller');
    expect((await peer.finished()).stdout).toBe('Jörg|\\ Müller\npiped\n');
    peer.code('read -p "again? " x; echo $x');
    expect((await peer.until(({ opcode }) => opcode === 'waiting-input'))[0]?.text).toBe('again? ');
    peer.send('input', 'yes');
    expect((await peer.finished()).stdout).toBe('yes\n');
  });

  test('background jobs do not hold up the end of a run', async () => {
    await using runner = await start();
    using peer = runner.connect();
    expect(await peer.run('sleep 100 & echo started')).toMatchObject({ exitCode: 0, stdout: 'started\n' });
  });
});

test.skipIf(!hasBash)('bash keeps what only bash has, and hides passwords', async () => {
  await using runner = await TestRunner.start({ runtimeType: 'shell', runtimePath: '/bin/bash' });
  using peer = runner.connect();
  await peer.run('declare -A map; map[k]=v; a=(1 2 3)');
  expect((await peer.run('echo ${map[k]} ${a[@]:1} hi!x')).stdout).toBe('v 2 3 hi!x\n');
  peer.code('read -s secret; echo ${#secret}');
  expect((await peer.until(({ opcode }) => opcode === 'waiting-input')).at(-1)?.text).toBe('{"is_password": true}');
  peer.send('input', 'four');
  expect((await peer.finished()).stdout).toBe('4\n');
});
