// `execute("1+1")` through the daemon (client, agent, runner, ipykernel) against the same ipykernel over its own sockets, in turns.
// Needs the build, and BAI_TEST_IPYKERNEL_PYTHON: a Python with ipykernel.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKernel } from '../packages/agent-runtime/dist/index.js';
import { DisposalStack } from '../packages/core/dist/index.js';
import { AgentClient } from '../packages/manager-rpc/dist/index.js';
import { freePorts, startBareKernel } from './bare-ipykernel.mjs';
import { median, paired, percentile, publish, timeEach } from './harness.mjs';

const MAIN = fileURLToPath(new URL('../apps/agent/dist/main.js', import.meta.url));
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const CALLS = Number(process.env.CALLS ?? 200);
// Long enough for the just-in-time compilers of the three Node.js processes: a daemon runs for weeks.
const WARM_UP = 1000;
const CODE = '1+1';

const python = process.env.BAI_TEST_IPYKERNEL_PYTHON;
if (python === undefined) throw new Error('set BAI_TEST_IPYKERNEL_PYTHON to a Python that has ipykernel');

const stack = new DisposalStack();
try {
  await measure();
} finally {
  await stack[Symbol.asyncDispose]();
}

async function measure() {
  const nodeStart = median(await timeEach(20, () => once(spawn(process.execPath, ['-e', '0']), 'exit')));
  const daemon = stack.use(await startDaemon(), 'daemon');
  const client = stack.use(await AgentClient.connect({ address: daemon.address }));
  const creationStart = performance.now();
  const kernel = stack.use(await createKernel(client, { image: 'host/python' }));
  const creation = performance.now() - creationStart;
  const bare = stack.use(await startBareKernel(python), 'bare kernel');

  const through = () => execute(client, kernel.kernelId, CODE);
  const version = 'import ipykernel; print(type(get_ipython()).__name__, ipykernel.__version__)';
  const shell = (await execute(client, kernel.kernelId, version)).find(({ type }) => type === 'stdout')?.text ?? '';
  if (!shell.startsWith('ZMQInteractiveShell'))
    throw new Error(`the kernel's Python is not driven by ipykernel: ${shell}`);
  const direct = () => bare.execute(CODE);
  await timeEach(WARM_UP, through);
  await timeEach(WARM_UP, direct);
  const tails = { ours: [], reference: [] };
  const typical = async (side, call) => {
    const samples = await timeEach(CALLS, call);
    tails[side].push(percentile(samples, 0.95));
    return median(samples);
  };
  const latency = await paired({
    rounds: ROUNDS,
    ours: () => typical('ours', through),
    reference: () => typical('reference', direct),
    progress: (text) => console.log(`  ${text}`),
  });
  const p95 = `p95 ${median(tails.ours).toFixed(2)} ms, bare ${median(tails.reference).toFixed(2)} ms`;
  const alone = { reference: null, ratio: null, aim: '' };
  publish('execute', [
    {
      what: `execute("${CODE}") through the daemon, p50`,
      unit: 'ms',
      ...latency,
      aim: '≤ 1.12',
      note: `${versions()}; ${p95}`,
    },
    { what: 'creating the kernel, once', unit: 'ms', ours: creation, ...alone, note: 'until the runner answers' },
    { what: 'floor: starting a bare Node.js', unit: 'ms', ours: nodeStart, ...alone, note: 'each kernel starts one' },
  ]);
}

/** One call, answered when the run has finished. */
async function execute(client, kernelId, code) {
  const batch = { clean: '', build: '', exec: '' };
  const command = {
    kernelId,
    runId: null,
    mode: 'query',
    code,
    batch,
    flushTimeoutMs: 10_000,
    cursor: null,
    eager: false,
  };
  const { status, console: items } = await client.execute(command);
  if (status !== 'finished') throw new Error(`${code} ended as ${status}: ${JSON.stringify(items)}`);
  return items;
}

function versions() {
  const script =
    'import ipykernel, platform; print(f"ipykernel {ipykernel.__version__}, Python {platform.python_version()}")';
  return execFileSync(python, ['-c', script], { encoding: 'utf8' }).trim();
}

/** The built daemon as a process of its own; the Python to measure comes first on its path. */
async function startDaemon() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  stack.defer('folder of the daemon', () => rmSync(folder, { recursive: true, force: true }));
  const address = `127.0.0.1:${(await freePorts(1))[0]}`;
  const args = ['start', '--state-dir', folder, '--set', `agent.rpc-listen-addr=${address}`];
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${dirname(python)}:${process.env.PATH}` },
  });
  await untilPrinted(child, address);
  return {
    address,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Waits until the daemon says where it listens, and reads on so that its pipes never fill. */
function untilPrinted(child, text) {
  return new Promise((resolve, reject) => {
    let printed = '';
    const onData = (chunk) => {
      printed = (printed + chunk).slice(-10_000);
      if (printed.includes(text)) resolve();
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.on('exit', (code) => reject(new Error(`the daemon ended with ${code}:\n${printed}`)));
  });
}
