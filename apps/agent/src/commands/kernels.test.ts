import { beforeEach, describe, expect, it } from 'vitest';
import { Printer } from '../cli/printer.js';
import { FakeAgent, KERNELS } from '../testing/fake-agent.js';
import { FakeShell } from '../testing/fake-shell.js';
import { type Connect, kernelLogs, listKernels, removeKernels } from './kernels.js';
import { ping } from './ping.js';

const addr = '127.0.0.1:6001';
let shell: FakeShell;
let agent: FakeAgent;
const connect: Connect = async (_, stack) => stack.use(agent);
const context = (json = false) => ({ shell, printer: new Printer(shell, json), debug: false });

beforeEach(() => {
  shell = new FakeShell();
  agent = new FakeAgent({}, KERNELS);
});

describe('kernels ls', () => {
  it('is a table', async () => {
    expect(await listKernels({ addr }, context(), connect)).toBe(0);
    expect(shell.stdout.text.split('\n').slice(0, 2)).toEqual([
      'KERNEL                                STATE    IMAGE        CPU  MEMORY   AGE  RUN',
      'aaaaaaaa-0000-4000-8000-000000000001  running  host/python  1    512 MiB  5 s  -',
    ]);
    expect(agent.calls).toEqual(['close']);
  });

  it('says how to get one when there is none', async () => {
    agent = new FakeAgent();
    await listKernels({ addr }, context(), connect);
    expect(shell.stdout.text).toContain("no kernels; 'bai-agent run --keep");
  });

  it('is a list under --json', async () => {
    await listKernels({ addr }, context(true), connect);
    expect(JSON.parse(shell.stdout.text)).toMatchObject([{ kernelId: KERNELS[0] }, { kernelId: KERNELS[1] }]);
  });
});

describe('kernels logs', () => {
  it('prints the log as it is', async () => {
    await kernelLogs({ addr, kernel: 'aab' }, context(), connect);
    expect(shell.stdout.text).toBe(`log of ${KERNELS[1]}\n`);
  });

  it('needs one kernel', async () => {
    await expect(kernelLogs({ addr, kernel: 'a' }, context(), connect)).rejects.toThrow('2 kernels begin with a');
    await expect(kernelLogs({ addr, kernel: '' }, context(), connect)).rejects.toThrow('no kernel');
  });
});

describe('kernels rm', () => {
  it('ends those that are named', async () => {
    expect(await removeKernels({ addr, kernels: ['AAB'], all: false }, context(), connect)).toBe(0);
    expect(shell.stdout.text).toBe(`${KERNELS[1]}\n`);
    expect((await agent.listKernels()).map(({ kernelId }) => kernelId)).toEqual([KERNELS[0]]);
  });

  it('ends none when one of them is not there', async () => {
    await expect(removeKernels({ addr, kernels: ['aab', 'ff'], all: false }, context(), connect)).rejects.toThrow(
      'no kernel ff',
    );
    expect(await agent.listKernels()).toHaveLength(2);
  });

  it('ends all with --all, and only then', async () => {
    await expect(removeKernels({ addr, kernels: [], all: false }, context(), connect)).rejects.toThrow('or say --all');
    await expect(removeKernels({ addr, kernels: ['aab'], all: true }, context(), connect)).rejects.toThrow(
      'or say --all',
    );
    await removeKernels({ addr, kernels: [], all: true }, context(), connect);
    expect(await agent.listKernels()).toEqual([]);
  });
});

describe('ping', () => {
  it('tells what the agent has', async () => {
    expect(await ping({ addr }, context(), connect)).toBe(0);
    expect(shell.stdout.text).toMatch(/^agent i-fake, version 1.2.3, answers at 127.0.0.1:6001 in [\d.]+ ms\n/);
    expect(shell.stdout.text).toContain('slots    cpu 4 (3 free), mem 8 GiB\n');
    expect(shell.stdout.text).toContain('images   host/python, host/nodejs, host/shell\n');
  });

  it('tells programs as well', async () => {
    await ping({ addr }, context(true), connect);
    expect(JSON.parse(shell.stdout.text)).toMatchObject({
      address: addr,
      agentId: 'i-fake',
      roundTripMs: expect.any(Number),
    });
  });
});
