import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { DisposalStack, errorCode, sleep } from '@bai/core';
import type { MemoryProgram, MemoryProgramContext } from '../in-memory/memory-container.js';
import { REPORTED_PLACES } from './runtime-harness.js';

/** Plays the suite's behaviours for the in-memory twin, in which the folders of the spec stay where they are on the host. */
export const scriptedProgram: MemoryProgram = async (context) => {
  const [name = '', argument = ''] = (context.spec.runner.folder.command.at(-1) ?? '').split(':');
  await using opened = new DisposalStack();
  switch (name) {
    case 'exit':
      return Number(argument);
    case 'kill':
      return 128 + Number(argument);
    case 'stubborn':
      return await stay(context);
    case 'print':
      for (let line = 1; line <= Number(argument); line += 1) context.print(`line ${line}\n`);
      return await waitForEnd(context);
    case 'flood':
      for (let count = 0; count < 64; count += 1) context.print('x'.repeat(65_536));
      context.print('\nthe end\n');
      return await waitForEnd(context);
    case 'family':
      return await holdPipe(context);
    case 'listen':
      context.listen({ input: await listen(opened, 0), output: await listen(opened, 0) });
      return await waitForEnd(context);
    case 'serve':
      await listen(opened, hostPort(context, Number(argument)), 'hello');
      return await waitForEnd(context);
    case 'report':
      context.print(`${JSON.stringify(await report(context))}\n`);
      return 0;
    case 'wait':
      return await waitForEnd(context);
    default:
      return 127;
  }
};

async function waitForEnd(context: MemoryProgramContext): Promise<number> {
  await up(context);
  const end = AbortSignal.any([context.stopRequested, context.killed]);
  while (!end.aborted) {
    const status = await readIfThere(join(context.spec.workDir, 'go'));
    if (status) return Number(status);
    await sleep(5, end).catch(() => {}); // the loop looks at the signal
  }
  return 0;
}

async function stay(context: MemoryProgramContext): Promise<number> {
  context.stopRequested.addEventListener('abort', () => writeFileSync(join(context.spec.workDir, 'asked'), ''));
  await up(context);
  if (!context.killed.aborted) await once(context.killed, 'abort');
  return 0;
}

/** A pipe end that only a kill takes away, as a stubborn child holds it. */
async function holdPipe(context: MemoryProgramContext): Promise<number> {
  const pipe = openSync(join(context.spec.workDir, 'alive'), 'w');
  context.killed.addEventListener('abort', () => closeSync(pipe));
  return await stay(context);
}

const up = ({ spec }: MemoryProgramContext): Promise<void> => writeFile(join(spec.workDir, 'up'), '');

async function listen(opened: DisposalStack, port: number, answer = ''): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {}); // the suite hangs up as it likes
    socket.end(answer);
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  opened.defer('server', () => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return `tcp://127.0.0.1:${address.port}`;
}

function hostPort({ spec }: MemoryProgramContext, containerPort: number): number {
  return spec.ports.find((port) => port.container === containerPort)?.host ?? containerPort;
}

async function report({ spec }: MemoryProgramContext) {
  const folders = [spec.configDir, spec.workDir, ...spec.mounts.map((mount) => mount.source)];
  const writable = [false, true, ...spec.mounts.map((mount) => mount.permission !== 'ro')];
  const places = await Promise.all(
    REPORTED_PLACES.map(async (place, index) => [
      place,
      { read: await readIfThere(join(folders[index] ?? '', 'probe')), writable: writable[index] ?? false },
    ]),
  );
  return { hostname: spec.hostname, places: Object.fromEntries(places) };
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
