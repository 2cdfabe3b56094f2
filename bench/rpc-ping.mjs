// RPC `ping` against a raw zeromq.js ROUTER/DEALER echo: the same client, the same frames, one process for each server, in turns.
// Needs the build: npx tsc -b packages/manager-rpc
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { paired, percentile, publish, timeEach } from './harness.mjs';

const SELF = fileURLToPath(import.meta.url);
const { Dealer, Router } = createRequire(new URL('../packages/manager-rpc/package.json', import.meta.url))('zeromq');
const manager = () => import('../packages/manager-rpc/dist/index.js');

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const CALLS = Number(process.env.CALLS ?? 3000);
const BURST = Number(process.env.BURST ?? 40_000);
const WINDOW = 64;

/** The frames of G3's `ping("ping")`, as managers send them; only the number differs. */
function pingFrames(seq) {
  const header = Buffer.from('85a47479706501a46d657468a470696e67a46f6b6579c400a373657100a37a6970c2', 'hex');
  header[header.indexOf('seq') + 3] = seq;
  const body = Buffer.from('82a46d657461c400a4626f6479c41482a46172677391a470696e67a66b776172677380', 'hex');
  return [Buffer.from('UPPER'), header, body];
}

if (process.argv[2] === '--raw') await serveRaw();
else if (process.argv[2] === '--rpc') await serveRpc();
else await measure();

async function serveRaw() {
  const socket = new Router({ linger: 0 });
  await socket.bind('tcp://127.0.0.1:*');
  process.send(socket.lastEndpoint);
  for await (const frames of socket) await socket.send(frames);
}

async function serveRpc() {
  const { RpcServer } = await manager();
  // `ping` is answered without the agent.
  const server = await RpcServer.listen({ address: 'tcp://127.0.0.1:0', agent: {}, agentId: 'i-bench' });
  process.send(server.address);
}

async function start(kind) {
  const child = fork(SELF, [kind]);
  const [address] = await once(child, 'message');
  return { child, address };
}

async function measure() {
  const servers = { rpc: await start('--rpc'), raw: await start('--raw') };
  const sockets = Object.fromEntries(
    Object.entries(servers).map(([name, { address }]) => {
      const socket = new Dealer({ linger: 0 });
      socket.connect(address);
      return [name, socket];
    }),
  );
  const { RpcClient } = await manager();
  const client = await RpcClient.connect({ address: servers.rpc.address, generation: 'G3' });
  for (const socket of Object.values(sockets)) await burst(socket, BURST / 4); // warm-up
  await clientBurst(client, BURST / 4);

  const tails = { rpc: [], raw: [], client: [] };
  const typical = async (name, call) => {
    const samples = (await timeEach(CALLS, call)).map((ms) => ms * 1000);
    tails[name].push(percentile(samples, 0.99));
    return percentile(samples, 0.5);
  };
  const echo = (socket) => async (index) => {
    await socket.send(pingFrames(index % 128));
    await socket.receive();
  };
  const progress = (text) => console.log(`  ${text}`);
  const reference = () => typical('raw', echo(sockets.raw));
  const rawRate = () => burst(sockets.raw, BURST);
  const latency = await paired({ rounds: ROUNDS, ours: () => typical('rpc', echo(sockets.rpc)), reference, progress });
  const rate = await paired({ rounds: ROUNDS, ours: () => burst(sockets.rpc, BURST), reference: rawRate, progress });
  const ping = () => client.call('ping', ['ping']);
  const clientLatency = await paired({ rounds: ROUNDS, ours: () => typical('client', ping), reference, progress });
  const clientRate = await paired({
    rounds: ROUNDS,
    ours: () => clientBurst(client, BURST),
    reference: rawRate,
    progress,
  });
  const p99 = (name) =>
    `p99 ${percentile(tails[name], 0.5).toFixed(0)} µs, raw ${percentile(tails.raw, 0.5).toFixed(0)} µs`;

  const result = publish('rpc-ping', [
    {
      what: 'RPC ping, one at a time, p50',
      unit: 'µs',
      ...latency,
      aim: '≤ 1.5',
      note: `against a raw echo; ${p99('rpc')}`,
    },
    { what: `RPC ping, ${WINDOW} in flight`, unit: '/s', ...rate, aim: '≥ 0.6', note: 'against a raw echo' },
    { what: 'RpcClient ping, one at a time, p50', unit: 'µs', ...clientLatency, aim: '', note: p99('client') },
    { what: `RpcClient ping, ${WINDOW} in flight`, unit: '/s', ...clientRate, aim: '', note: 'both of our ends' },
  ]);
  console.log(JSON.stringify(result));

  await client[Symbol.asyncDispose]();
  for (const socket of Object.values(sockets)) socket.close();
  for (const { child } of Object.values(servers)) child.kill();
}

/** Echoes per second with WINDOW requests in flight. */
async function burst(socket, count) {
  const frames = Array.from({ length: WINDOW }, (_, seq) => pingFrames(seq));
  const start = performance.now();
  for (let sent = 0; sent < WINDOW; sent += 1) await socket.send(frames[sent]);
  for (let received = 0; received < count; received += 1) {
    await socket.receive();
    if (received + WINDOW < count) await socket.send(frames[received % WINDOW]);
  }
  return (count / (performance.now() - start)) * 1000;
}

async function clientBurst(client, count) {
  const start = performance.now();
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await client.call('ping', ['ping']);
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, worker));
  return (count / (performance.now() - start)) * 1000;
}
