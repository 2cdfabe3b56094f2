import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { connect as connectTo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { newKernelId } from '@bai/core';
import { expect } from 'vitest';
import type { ContainerRuntime, RunnerEndpoints } from '../../port.js';
import { type RuntimeBench, until } from '../runtime-bench.js';
import type { InsideReport, REPORTED_PLACES } from '../runtime-harness.js';
import { expectCode, type RuntimeTest } from './runtime-test.js';

export function describeInside(test: RuntimeTest): void {
  test('shows the folders of the spec at their places, with their permissions', async (bench) => {
    const runtime = await bench.open();
    const report = await readReport(bench, runtime);
    expect(report.places).toEqual({
      '/home/config': { read: 'config', writable: false },
      '/home/work': { read: 'work', writable: true },
      '/home/work/data-ro': { read: 'data-ro', writable: false },
      '/home/work/data-rw': { read: 'data-rw', writable: true },
    } satisfies Record<(typeof REPORTED_PLACES)[number], unknown>);
    expect(report.hostname).toBe('main1');
  });

  test('leads to the runner of a running container', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.spec('listen');
    await runtime.create(spec);
    await runtime.start(spec.kernelId);
    await using first = await runtime.connect(spec.kernelId);
    await using second = await runtime.connect(spec.kernelId);
    await expectListening(first);
    await first[Symbol.asyncDispose]();
    await expectListening(second);
    await second[Symbol.asyncDispose]();
    await using later = await (await bench.open()).connect(spec.kernelId);
    await expectListening(later);
  });

  test('says that there is no runner to reach, and why', async (bench) => {
    const runtime = await bench.open();
    await expectCode(runtime.connect(newKernelId()), 'CONTAINER_NOT_FOUND');
    const created = await bench.spec('listen');
    await runtime.create(created);
    await expectCode(runtime.connect(created.kernelId), 'RUNNER_UNREACHABLE');
    const { spec: exited } = await bench.runToEnd(runtime, 'exit:0');
    await expectCode(runtime.connect(exited.kernelId), 'RUNNER_UNREACHABLE');
  });

  test('ends the wait for a runner that ends before it listens', async (bench) => {
    const runtime = await bench.open();
    const spec = await bench.run(runtime, 'wait');
    const connecting = expectCode(runtime.connect(spec.kernelId), 'RUNNER_UNREACHABLE');
    await bench.release(spec, 1);
    await connecting;
  });

  test('publishes ports on the host where it says so', async (bench) => {
    const runtime = await bench.open();
    if (!runtime.publishesPorts) return;
    const host = await freePort();
    await bench.run(runtime, 'serve:8080', { ports: [{ container: 8080, host }] });
    const answer = await until('the service answering', () => readFrom(host));
    expect(answer).toBe('hello');
  });
}

async function readReport(bench: RuntimeBench, runtime: ContainerRuntime): Promise<InsideReport> {
  const [readOnly, readWrite] = [join(bench.folder, 'ro'), join(bench.folder, 'rw')];
  for (const [folder, text] of [
    [readOnly, 'data-ro'],
    [readWrite, 'data-rw'],
  ] as const) {
    await mkdir(folder);
    await chmod(folder, 0o777); // the runtime may choose a user of its own for the kernel
    await writeFile(join(folder, 'probe'), text);
  }
  const spec = await bench.spec('report', {
    mounts: [
      { name: 'data-ro', source: readOnly, target: '/home/work/data-ro', permission: 'ro' },
      { name: 'data-rw', source: readWrite, target: '/home/work/data-rw', permission: 'rw' },
    ],
  });
  await writeFile(join(spec.configDir, 'probe'), 'config');
  await writeFile(join(spec.workDir, 'probe'), 'work');
  await runtime.create(spec);
  await runtime.start(spec.kernelId);
  expect((await bench.ended(runtime, spec.kernelId)).exit?.code).toBe(0);
  const output = Buffer.from(await runtime.logs(spec.kernelId, { maxBytes: 65_536 })).toString('utf8');
  const line = output.split('\n').find((candidate) => candidate.startsWith('{'));
  return JSON.parse(line ?? '{}') as InsideReport;
}

async function expectListening({ input, output }: RunnerEndpoints): Promise<void> {
  expect(input).not.toBe(output);
  for (const endpoint of [input, output]) {
    const connected = await until(`a listener at ${endpoint}`, () => open(endpoint));
    connected.destroy();
  }
}

/** A socket at a ZeroMQ endpoint, or undefined when nobody listens there. */
async function open(endpoint: string): Promise<Socket | undefined> {
  const path = /^ipc:\/\/(\/.+)$/.exec(endpoint)?.[1];
  const [, host, port] = /^tcp:\/\/(.+):(\d+)$/.exec(endpoint) ?? [];
  if (path === undefined && port === undefined) throw new Error(`not an endpoint: ${endpoint}`);
  const socket = path === undefined ? connectTo(Number(port), host) : connectTo(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined; // not yet
  }
}

async function readFrom(port: number): Promise<string | undefined> {
  const socket = await open(`tcp://127.0.0.1:${port}`);
  if (socket === undefined) return undefined;
  const parts: string[] = [];
  for await (const part of socket.setEncoding('utf8')) parts.push(String(part));
  return parts.join('') || undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
