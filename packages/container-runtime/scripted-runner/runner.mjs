// Plays one behaviour of the contract suite of ContainerRuntime: see Behaviour in src/testing/runtime-harness.ts.
// Started as a kernel runner is: `… runner.mjs BEHAVIOUR --listen=… --spool=… [--ready-fd=N] RUNTIME_TYPE [PATH]`.
import { spawn } from 'node:child_process';
import { accessSync, constants, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';

const [behaviour = '', ...runnerArguments] = process.argv.slice(2);
const [name, argument = ''] = behaviour.split(':');

const PLACES = ['/home/config', '/home/work', '/home/work/data-ro', '/home/work/data-rw'];

const behaviours = {
  exit: () => process.exit(Number(argument)),
  kill: () => process.kill(process.pid, Number(argument)),
  wait: waitForEnd,
  stubborn() {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'])
      process.on(signal, () => writeFileSync('/home/work/asked', ''));
    stay();
  },
  print() {
    for (let line = 1; line <= Number(argument); line += 1) writeSync(1, `line ${line}\n`);
    waitForEnd();
  },
  flood() {
    const part = 'x'.repeat(65_536);
    for (let count = 0; count < 64; count += 1) writeAll(part);
    writeAll('\nthe end\n');
    waitForEnd();
  },
  family() {
    const pipe = openSync('/home/work/alive', 'w');
    const stubborn = "trap '' TERM INT HUP; while :; do sleep 1; done";
    spawn('/bin/sh', ['-c', stubborn], { detached: true, stdio: ['ignore', 'ignore', 'ignore', pipe] });
    waitForEnd();
  },
  async listen() {
    const addresses = listenAddresses();
    await Promise.all(addresses.map((address) => listen(address, () => {})));
    const readyFd = runnerArguments.find((text) => text.startsWith('--ready-fd='))?.slice('--ready-fd='.length);
    if (readyFd !== undefined) writeSync(Number(readyFd), '.');
    waitForEnd();
  },
  async serve() {
    await listen({ host: '0.0.0.0', port: Number(argument) }, (socket) => socket.end('hello'));
    waitForEnd();
  },
  report() {
    const places = Object.fromEntries(PLACES.map((place) => [place, look(place)]));
    writeAll(`${JSON.stringify({ hostname: hostname(), places })}\n`);
  },
};

function waitForEnd() {
  process.on('SIGTERM', () => process.exit(0));
  const timer = setInterval(() => {
    const status = read('/home/work/go');
    if (status) process.exit(Number(status));
  }, 20);
  timer.ref();
  up();
}

function stay() {
  setInterval(() => {}, 1000);
  up();
}

/** Last step of a behaviour that goes on: from here it may be stopped. */
function up() {
  writeFileSync('/home/work/up', '');
}

/** Standard output may be a pipe that another process made non-blocking. */
function writeAll(text) {
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function look(place) {
  try {
    accessSync(place, constants.W_OK);
    writeFileSync(`${place}/written`, '');
    return { read: read(`${place}/probe`), writable: true };
  } catch {
    return { read: read(`${place}/probe`), writable: false };
  }
}

function listenAddresses() {
  const listenArgument = runnerArguments.find((text) => text.startsWith('--listen=')) ?? '';
  const directory = /^--listen=unix:(.+)$/.exec(listenArgument)?.[1];
  if (directory !== undefined) return [{ path: `${directory}/in.sock` }, { path: `${directory}/out.sock` }];
  const [, host, inPort, outPort] = /^--listen=tcp:([^:]+):(\d+):(\d+)$/.exec(listenArgument) ?? [];
  return [
    { host, port: Number(inPort) },
    { host, port: Number(outPort) },
  ];
}

function listen(address, onConnection) {
  return new Promise((resolve, reject) => {
    const server = createServer(onConnection);
    server.on('error', reject);
    server.listen(address, resolve);
  });
}

await behaviours[name]();
