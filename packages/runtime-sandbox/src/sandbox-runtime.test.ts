import { once } from 'node:events';
import { readdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ContainerExited, ContainerSpec } from '@bai/container-runtime';
import type { KernelId } from '@bai/core';
import {
  childrenOf,
  detectCgroups,
  type ProcessIdentity,
  parseIdentity,
  readKernelFile,
  signalProcess,
} from '@bai/linux';
import { describe, expect, it } from 'vitest';
import { SandboxRuntime } from './sandbox-runtime.js';
import { SandboxBench, until } from './testing/sandbox-bench.js';
import { whyUnavailable } from './testing/why-unavailable.js';

const unavailable = await whyUnavailable();
const canLimit = detectCgroups().some((parent) => parent.controllers.includes('memory'));
const title = `sandbox as user ${process.geteuid?.()}${unavailable === undefined ? '' : ` (not run here: ${unavailable})`}`;
const LIMITS: ContainerSpec['limits'] = {
  cpus: undefined,
  cpuset: undefined,
  memoryBytes: undefined,
  processes: undefined,
  shmemBytes: undefined,
};

/** A file in which a process of a kernel wrote who it is. */
function identity(bench: SandboxBench, kernelId: KernelId, name: 'supervisor' | 'keeper'): ProcessIdentity {
  const path = join(bench.directory, 'containers', kernelId, 'progress', name);
  const found = parseIdentity(readKernelFile(path) ?? '');
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

const firstExit = (bench: SandboxBench): Promise<ContainerExited> =>
  new Promise((resolve) => {
    bench.runtime.onExit(resolve);
  });

describe.skipIf(unavailable !== undefined)(title, { timeout: 60_000 }, () => {
  describe('when a process of the host side dies', () => {
    it('goes on without its supervisor, and ends with an unknown status', async () => {
      await using bench = await SandboxBench.open();
      const exited = firstExit(bench);
      const { kernelId } = await bench.start('echo up; sleep 60');
      await bench.printed(kernelId, 'up');
      expect(signalProcess(identity(bench, kernelId, 'supervisor'), 'SIGKILL')).toBe(true);
      await using newer = await SandboxRuntime.open({ directory: bench.directory });
      expect((await newer.inspect(kernelId))?.state).toBe('running');
      await newer.stop(kernelId, { graceMs: 0 });
      expect((await newer.inspect(kernelId))?.exit).toEqual({ code: null, oomKilled: false });
      expect(await exited).toMatchObject({ kernelId, exit: { code: null } });
    });

    it.each(['keeper', 'init'] as const)('ends as a whole with its %s', async (victim) => {
      await using bench = await SandboxBench.open();
      const exited = firstExit(bench);
      const { kernelId } = await bench.start('echo up; sleep 60');
      await bench.printed(kernelId, 'up');
      const keeper = identity(bench, kernelId, 'keeper');
      process.kill(victim === 'keeper' ? keeper.pid : Number(childrenOf(keeper.pid)[0]), 'SIGKILL');
      expect((await exited).exit).toEqual({ code: 137, oomKilled: false });
    });
  });

  it('finds processes of which no file tells', async () => {
    await using bench = await SandboxBench.open();
    const { kernelId } = await bench.start('echo up; sleep 60');
    await bench.printed(kernelId, 'up');
    for (const name of ['supervisor', 'keeper'])
      unlinkSync(join(bench.directory, 'containers', kernelId, 'progress', name));
    await using newer = await SandboxRuntime.open({ directory: bench.directory });
    expect((await newer.inspect(kernelId))?.state).toBe('running');
    await newer.stop(kernelId, { graceMs: 5_000 });
    expect((await newer.inspect(kernelId))?.exit?.code).toBe(143); // asked, not killed
  });

  it('calls a start that never came to a process an exit of unknown status', async () => {
    await using bench = await SandboxBench.open();
    const spec = await bench.spec('true');
    await bench.runtime.create(spec);
    rmSync(join(bench.directory, 'containers', spec.kernelId, 'launched'), { force: true });
    expect((await bench.runtime.inspect(spec.kernelId))?.state).toBe('created');
    symlinkSync('/dev/null', join(bench.directory, 'containers', spec.kernelId, 'launched'));
    expect(await bench.runtime.inspect(spec.kernelId)).toMatchObject({ state: 'exited', exit: { code: null } });
  });

  it('tells at the start what could not be set up', async () => {
    await using bench = await SandboxBench.open();
    const spec = await bench.spec('true');
    await bench.runtime.create(spec);
    rmSync(spec.configDir, { recursive: true });
    await expect(bench.runtime.start(spec.kernelId)).rejects.toMatchObject({
      code: 'CONTAINER_START_FAILED',
      message: expect.stringMatching(/config.*could not be mounted/s),
    });
    expect(await bench.runtime.inspect(spec.kernelId)).toMatchObject({ state: 'exited', exit: { code: 125 } });
  });

  it('takes away what a creation or a removal left half done', async () => {
    await using bench = await SandboxBench.open();
    const spec = await bench.spec('true');
    await bench.runtime.create(spec);
    const containers = join(bench.directory, 'containers');
    rmSync(join(bench.directory, 'users'), { recursive: true });
    renameSync(join(containers, spec.kernelId), join(containers, `.old-${spec.kernelId}-x`));
    await using newer = await SandboxRuntime.open({ directory: bench.directory });
    expect(readdirSync(containers)).toEqual([]);
    expect((await newer.create(spec)).state).toBe('created');
  });

  it('reaps orphans, passes the request to end on, and is not held up by them', async () => {
    await using bench = await SandboxBench.open();
    const orphan = '(sleep 0.05 & exec true); (setsid sleep 60 &)';
    const { kernelId } = await bench.start(
      `trap 'echo asked; exit 5' TERM; ${orphan}; echo up; while :; do sleep 0.05; done`,
    );
    await bench.printed(kernelId, 'up');
    const [init = 0] = childrenOf(identity(bench, kernelId, 'keeper').pid);
    await until('the orphan being collected', () => {
      const states = childrenOf(init).map((pid) => readKernelFile(`/proc/${pid}/stat`)?.includes(') Z '));
      return states.includes(true) ? undefined : true;
    });
    await bench.runtime.stop(kernelId, { graceMs: 10_000 });
    expect((await bench.runtime.inspect(kernelId))?.exit).toEqual({ code: 5, oomKilled: false });
    expect(await bench.log(kernelId)).toContain('asked');
  });

  it('connects to the folder that was made for the runner, and to no other', async () => {
    await using bench = await SandboxBench.open();
    const { kernelId } = await bench.start('echo . >&3; exec sleep 60');
    await expect(bench.runtime.connect(kernelId)).rejects.toMatchObject({ code: 'RUNNER_UNREACHABLE' }); // no sockets
    const run = join(bench.directory, 'containers', kernelId, 'run');
    renameSync(run, `${run}.real`);
    symlinkSync(`${run}.real`, run);
    await expect(bench.runtime.connect(kernelId)).rejects.toMatchObject({ code: 'RUNNER_UNREACHABLE' });
  });

  it('keeps a connection to the opened folder when another takes its place', async () => {
    await using bench = await SandboxBench.open();
    const listen = (name: string) =>
      `require('net').createServer(s => s.end('${name}')).listen('/run/bai/${name}.sock')`;
    const script = `${listen('in')}; ${listen('out')}; setTimeout(() => require('fs').writeSync(3, '.'), 50); setInterval(() => {}, 1e3)`;
    const node = (await bench.runtime.images()).find((image) => image.canonical === 'host/nodejs')?.labels[
      'ai.backend.runtime-path'
    ];
    const { kernelId } = await bench.start(`exec ${node} -e "${script}"`, { image: 'host/nodejs' });
    await using endpoints = await bench.runtime.connect(kernelId);
    const run = join(bench.directory, 'containers', kernelId, 'run');
    renameSync(run, `${run}.real`);
    const socket = connect(endpoints.input.replace('ipc://', '')).setEncoding('utf8');
    const [text] = await once(socket, 'data');
    expect(text).toBe('in');
    expect(endpoints.output.replace('ipc://', '').length).toBeLessThan(60);
    socket.destroy();
    renameSync(`${run}.real`, run);
  });

  it('adds up the use of processes, with or without control groups', async () => {
    await using bench = await SandboxBench.open();
    const { kernelId } = await bench.start('sleep 60 & sleep 60 & echo up; wait');
    await bench.printed(kernelId, 'up');
    const usage = await until('all processes', async () => {
      const now = await bench.runtime.usage(kernelId);
      return (now?.processes ?? 0) >= 4 ? now : undefined;
    });
    expect(usage.memoryBytes).toBeGreaterThan(0);
    expect(usage.cpuUsedMs).toBeGreaterThanOrEqual(0);
  });

  it('says of limits what they are worth', async () => {
    await using bench = await SandboxBench.open();
    const limits = { ...LIMITS, cpus: 1, memoryBytes: 1024 ** 3, processes: 100 };
    const { limits: words } = await bench.runtime.create(await bench.spec('true', { limits }));
    expect(words).toEqual({
      cpu: canLimit ? 'enforced' : 'absent',
      memory: canLimit ? 'enforced' : 'advisory',
      processes: canLimit ? 'enforced' : 'advisory',
      scratch: 'absent',
    });
    expect((await bench.runtime.create(await bench.spec('true'))).limits.memory).toBe('absent');
  });

  it('holds a limit of processes', async () => {
    await using bench = await SandboxBench.open();
    const script = 'i=0; while [ $i -lt 40 ]; do sleep 60 & i=$((i + 1)); done; echo all started';
    const { output, container } = await bench.run(script, { limits: { ...LIMITS, processes: 20 } });
    expect(output).not.toContain('all started');
    expect(container.exit?.code).not.toBe(0);
  });

  it('reports a kernel that the lack of memory ended', async (context) => {
    if (!canLimit) return context.skip('no control group for memory can be made here');
    await using bench = await SandboxBench.open();
    const { container } = await bench.run('exec tail /dev/zero', {
      limits: { ...LIMITS, memoryBytes: 32 * 1024 * 1024 },
    });
    expect(container.exit).toEqual({ code: 137, oomKilled: true });
  });

  it('counts files in memory as memory, and bounds them', async () => {
    await using bench = await SandboxBench.open();
    const { output } = await bench.run(
      'head -c 3000000 /dev/zero >/dev/shm/x || echo full; head -c 1000000 /dev/zero >/dev/shm/y && echo fits',
      {
        limits: { ...LIMITS, shmemBytes: 2 * 1024 * 1024 },
      },
    );
    expect(output).toContain('full');
    expect(output).not.toContain('fits');
  });

  it('runs programs in the time zone and with the shell of the host', async () => {
    await using bench = await SandboxBench.open();
    const { output } = await bench.run('python3 --version 2>&1; date +%Z; hostname; pwd', {
      hostname: 'main-1.x',
      image: 'host/python',
    });
    expect(output).toContain('Python 3');
    expect(output).toMatch(/main-1\.x\n\/home\/work\n$/);
  });

  it('refuses a host name that is more than one', async () => {
    await using bench = await SandboxBench.open();
    for (const hostname of ['', 'a b', 'a\n127.0.0.1 evil', '-x', 'x'.repeat(65)]) {
      await expect(bench.runtime.create(await bench.spec('true', { hostname }))).rejects.toMatchObject({
        code: 'CONTAINER_CREATE_FAILED',
      });
    }
    expect(await bench.runtime.list()).toEqual([]);
  });

  it('is unavailable where its folder cannot be made', async () => {
    await using bench = await SandboxBench.open();
    const file = join(bench.folder, 'file');
    writeFileSync(file, '');
    const opening = SandboxRuntime.open({ directory: join(file, 'state') });
    await expect(opening).rejects.toMatchObject({ code: 'RUNTIME_UNAVAILABLE' });
  });
});
