import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecuteCommand } from '@bai/agent-api';
import { errorCode, newKernelId, newSessionId, poll } from '@bai/core';
import { ScriptedRunner } from '@bai/kernel-io/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentRuntime } from './agent-runtime.js';
import { commandFor, TestMachine } from './testing/test-agent.js';

let machine: TestMachine;
let agent: AgentRuntime;

beforeEach(async () => {
  machine = await TestMachine.open();
  agent = await machine.start();
});
afterEach(async () => {
  await agent.close({ kernels: 'destroy' });
  await machine[Symbol.asyncDispose]();
});

const soon = <T>(what: string, condition: () => T | undefined | Promise<T | undefined>) =>
  poll(what, { timeoutMs: 5_000, intervalMs: 5 }, condition);

const query = (
  kernelId: ExecuteCommand['kernelId'],
  code: string,
  patch: Partial<ExecuteCommand> = {},
): ExecuteCommand => ({
  kernelId,
  runId: null,
  mode: 'query',
  code,
  batch: { clean: '', build: '', exec: '' },
  flushTimeoutMs: 5_000,
  cursor: null,
  eager: false,
  ...patch,
});

/** The one kernel of a command. */
async function createOne(patch: Parameters<typeof commandFor>[0] = {}) {
  const command = commandFor(patch);
  const [created] = await agent.createKernels(command);
  if (created === undefined) throw new Error('no kernel was created');
  return created;
}

const ending = (kernelId: ExecuteCommand['kernelId'], reason = 'user-requested') => ({
  kernelId,
  sessionId: null,
  reason,
  suppressEvents: false,
});

/** Everything that kernels occupy, as a list that must be empty when there are none. */
async function leftovers(): Promise<string[]> {
  const folders = await Promise.all(
    ['kernels', 'scratches'].map(async (name) =>
      (await readdir(join(machine.stateDir, name))).map((entry) => `${name}/${entry}`),
    ),
  );
  const containers = machine.place.containers.map((container) => `container ${container.spec.kernelId}`);
  const slots = [...machine.resources.inUse().keys()].map((kernelId) => `slots of ${kernelId}`);
  return [...folders.flat(), ...containers, ...slots];
}

const nothingLeft = () => soon('an empty place', async () => ((await leftovers()).length === 0 ? true : undefined));

const failureOf = async (promise: Promise<unknown>): Promise<string | undefined> =>
  await promise.then(
    () => 'no failure',
    (error: unknown) => errorCode(error),
  );

describe('the life of a kernel', () => {
  it('is told in order, and leaves nothing', async () => {
    const { kernelId, sessionId, containerId, allocations } = await createOne();
    expect(await agent.listKernels()).toMatchObject([
      { kernelId, sessionId, state: 'running', containerId, allocations },
    ]);
    expect(await agent.checkRunning(kernelId)).toBe(true);
    const result = await agent.execute(query(kernelId, 'print:hello'));
    expect(result).toMatchObject({ status: 'finished', exitCode: 0, console: [{ type: 'stdout', text: 'hello' }] });
    await agent.destroyKernel(ending(kernelId, 'task-finished'));
    expect(await agent.checkRunning(kernelId)).toBe(false);
    await nothingLeft();
    expect(machine.told(kernelId)).toEqual([
      'kernel-preparing',
      'kernel-creating',
      'kernel-started',
      'execution-started',
      'execution-finished',
      'kernel-terminated',
    ]);
    expect(machine.events.at(-1)).toMatchObject({ reason: 'task-finished', exitCode: 0 });
  });

  it('ends when its container ends, with the exit status', async () => {
    let end: (code: number) => void = () => {};
    machine.program = async ({ listen }) => {
      await using runner = await ScriptedRunner.open();
      listen(runner);
      return await new Promise((resolve) => {
        end = resolve;
      });
    };
    const { kernelId } = await createOne();
    const run = failureOf(agent.execute(query(kernelId, 'sleep', { flushTimeoutMs: null })));
    end(42);
    expect(await run).toBe('KERNEL_TERMINATED');
    await nothingLeft();
    expect(machine.events.at(-1)).toMatchObject({ type: 'kernel-terminated', reason: 'self-terminated', exitCode: 42 });
    expect(machine.told(kernelId).filter((type) => type === 'kernel-terminated')).toHaveLength(1);
  });

  it('lets interrupt, input and destroy pass a run', async () => {
    const { kernelId } = await createOne();
    const sleeping = agent.execute(query(kernelId, 'sleep', { flushTimeoutMs: null }));
    await agent.interruptKernel(kernelId);
    expect(await sleeping).toMatchObject({ status: 'finished', exitCode: 1 });
    const asking = await agent.execute(query(kernelId, 'input', { runId: 'r1' }));
    expect(asking.status).toBe('waiting-input');
    const answered = await agent.execute(query(kernelId, 'Joe', { runId: 'r1', mode: 'input' }));
    expect(answered).toMatchObject({ status: 'finished', console: [{ type: 'stdout', text: 'Joe' }] });
    const endless = failureOf(agent.execute(query(kernelId, 'sleep', { flushTimeoutMs: null })));
    await agent.destroyKernel(ending(kernelId));
    expect(await endless).toBe('KERNEL_TERMINATED');
  });

  it('has its id free for a new kernel before its end is told', async () => {
    const command = commandFor();
    const [first] = await agent.createKernels(command);
    if (first === undefined) throw new Error('no kernel');
    await agent.destroyKernel(ending(first.kernelId));
    await agent.createKernels(command);
    expect(await agent.checkRunning(first.kernelId)).toBe(true);
    await soon('the new life', () => (machine.told(first.kernelId).at(-1) === 'kernel-started' ? true : undefined));
    // The end of the first life was told before the second began, or not at all: never after.
    const ends = machine.told(first.kernelId).lastIndexOf('kernel-terminated');
    expect(ends).toBeLessThan(machine.told(first.kernelId).lastIndexOf('kernel-preparing'));
  });
});

describe('a creation that fails', () => {
  it.each(['create', 'start', 'connect'] as const)('in step %s is undone, told, and leaves nothing', async (step) => {
    machine.place.before(step, () => Promise.reject(new Error('no luck')));
    const command = commandFor();
    await expect(agent.createKernels(command)).rejects.toThrow(/no luck/);
    await nothingLeft();
    const [kernelId] = command.kernels.map((spec) => spec.kernelId);
    if (kernelId === undefined) throw new Error('no id');
    const reason = step === 'create' ? 'failed-to-create' : 'failed-to-start';
    expect(machine.told(kernelId)).toEqual(['kernel-preparing', 'kernel-creating', 'kernel-terminated']);
    expect(machine.events.at(-1)).toMatchObject({ reason });
  });

  it('because the runner ends at once says so with its last words', async () => {
    machine.program = async ({ print }) => {
      print('ImportError: no module named hope\n');
      return 3;
    };
    await expect(createOne()).rejects.toMatchObject({
      code: 'KERNEL_STARTUP_FAILED',
      message: expect.stringMatching(/ImportError: no module named hope/),
    });
    await nothingLeft();
  });

  it('because the runner never answers ends at its deadline', async () => {
    await agent.close();
    agent = await machine.start({ settings: { startupTimeoutMs: 200 } });
    machine.program = ({ stopRequested }) =>
      new Promise((resolve) => stopRequested.addEventListener('abort', () => resolve(0), { once: true }));
    expect(await failureOf(createOne())).toBe('KERNEL_STARTUP_TIMEOUT');
    await nothingLeft();
  });

  it.each([
    [
      'an unknown image',
      { image: { ...commandFor().kernels[0]?.image, canonical: 'host/cobol' } },
      'IMAGE_NOT_AVAILABLE',
    ],
    ['too many cores', { slots: { cpu: '99', mem: '1048576' } }, 'INSUFFICIENT_RESOURCE'],
    ['memory of -1', { slots: { cpu: '1', mem: '-1' } }, 'INVALID_RESOURCE_ARGUMENT'],
    ['memory of 1.5', { slots: { cpu: '1', mem: '1.5' } }, 'INVALID_RESOURCE_ARGUMENT'],
    ['a device that is not here', { slots: { cpu: '1', mem: '1', 'cuda.device': '1' } }, 'UNSUPPORTED_RESOURCE'],
    ['a variable with a line break', { environ: { A: 'x\ny' } }, 'INVALID_ARGUMENT'],
    ['a dotfile that leaves the home', { dotfiles: [{ path: '../x', data: '', mode: '644' }] }, 'PATH_NOT_ALLOWED'],
  ])('because of %s names it and leaves nothing', async (_, patch, code) => {
    expect(await failureOf(agent.createKernels(commandFor(patch as Parameters<typeof commandFor>[0])))).toBe(code);
    await nothingLeft();
  });

  it('takes its siblings with it, silently', async () => {
    const command = commandFor({}, { environ: { '': 'bad' } }, {});
    expect(await failureOf(agent.createKernels(command))).toBe('INVALID_ARGUMENT');
    await nothingLeft();
    const [good, bad] = command.kernels.map((spec) => machine.told(spec.kernelId));
    expect(good).not.toContain('kernel-terminated');
    expect(bad).toContain('kernel-terminated');
  });

  it('gives way to a destruction that comes meanwhile', async () => {
    machine.place.before('start', () => new Promise(() => {}));
    const command = commandFor();
    const [kernelId] = command.kernels.map((spec) => spec.kernelId);
    if (kernelId === undefined) throw new Error('no id');
    const creation = failureOf(agent.createKernels(command));
    await soon('the start', async () => ((await agent.listKernels())[0]?.containerId ? true : undefined));
    await Promise.all([
      agent.destroyKernel(ending(kernelId, 'first')),
      agent.destroyKernel(ending(kernelId, 'second')),
    ]);
    expect(await creation).toBe('KERNEL_TERMINATED');
    await nothingLeft();
    expect(machine.events.filter((event) => event.type === 'kernel-terminated')).toMatchObject([{ reason: 'first' }]);
  });

  it('of an id that is here already changes nothing', async () => {
    const command = commandFor();
    await agent.createKernels(command);
    expect(await failureOf(agent.createKernels(command))).toBe('KERNEL_EXISTS');
    const twice = { ...command, kernels: [...command.kernels, ...command.kernels] };
    expect(await failureOf(agent.createKernels(twice))).toBe('INVALID_ARGUMENT');
    expect(await agent.listKernels()).toMatchObject([{ state: 'running' }]);
    expect(machine.events.some((event) => event.type === 'kernel-terminated')).toBe(false);
  });
});

describe('an unknown kernel', () => {
  it('is destroyed with success, and its end is told unless that is unwanted', async () => {
    const kernelId = newKernelId();
    await agent.destroyKernel(ending(kernelId));
    await agent.destroyKernel({ ...ending(newKernelId()), suppressEvents: true });
    await soon('the event', () => machine.events.find((event) => event.type === 'kernel-terminated'));
    expect(machine.events.filter((event) => event.type === 'kernel-terminated')).toMatchObject([
      { kernelId, reason: 'already-terminated' },
    ]);
  });

  it('is an error for everything else', async () => {
    const kernelId = newKernelId();
    const calls = [
      agent.execute(query(kernelId, '')),
      agent.interruptKernel(kernelId),
      agent.getCompletions(kernelId, '', {}),
      agent.getLogs(kernelId),
      agent.uploadFile(kernelId, 'a', Buffer.of(1)),
      agent.downloadFile(kernelId, 'a'),
      agent.listFiles(kernelId, '.'),
      agent.kernelStats(kernelId),
    ];
    expect(await Promise.all(calls.map(failureOf))).toEqual(calls.map(() => 'KERNEL_NOT_FOUND'));
    expect(await agent.checkRunning(kernelId)).toBe(false);
  });
});

describe('an agent that comes back', () => {
  it('adopts running kernels with their slots, and their runs go on', async () => {
    const { kernelId } = await createOne();
    const first = await agent.execute(query(kernelId, 'lines:50:5', { runId: 'r1', cursor: 0, eager: true }));
    await agent.close({ kernels: 'keep' });
    agent = await machine.start();
    expect(await agent.listKernels()).toMatchObject([{ kernelId, state: 'running' }]);
    expect([...machine.resources.inUse().keys()]).toEqual([kernelId]);
    const rest = await agent.execute(
      query(kernelId, '', { runId: 'r1', mode: 'continue', cursor: first.cursor, flushTimeoutMs: null }),
    );
    const text = [...first.console, ...rest.console].map((item) => ('text' in item ? item.text : '')).join('');
    expect(text).toBe(Array.from({ length: 50 }, (_, index) => `line ${index + 1}\n`).join(''));
    expect(machine.told(kernelId)).not.toContain('kernel-terminated');
  });

  it('tells kernels that ended or vanished meanwhile, once', async () => {
    const [ended, vanished] = [await createOne(), await createOne()];
    await agent.close({ kernels: 'keep' });
    machine.place.get(ended.kernelId)?.kill();
    machine.place.get(vanished.kernelId)?.kill();
    machine.place.delete(vanished.kernelId);
    agent = await machine.start();
    await nothingLeft();
    const ends = machine.events.filter((event) => event.type === 'kernel-terminated');
    expect(ends).toHaveLength(2);
    expect(ends.find((event) => event.kernelId === ended.kernelId)).toMatchObject({
      reason: 'self-terminated',
      exitCode: 137,
    });
    expect(ends.find((event) => event.kernelId === vanished.kernelId)).toMatchObject({ reason: 'container-not-found' });
  });

  it('removes what no readable record knows, and nothing of other programs', async () => {
    const { kernelId } = await createOne();
    await agent.close({ kernels: 'keep' });
    await truncate(join(machine.stateDir, 'kernels', `${kernelId}.json`), 50);
    const foreign = join(machine.stateDir, 'scratches', newKernelId());
    await mkdir(join(foreign, 'work'), { recursive: true });
    await writeFile(join(foreign, 'work', 'thesis.tex'), 'years');
    agent = await machine.start();
    expect((await leftovers()).filter((entry) => !entry.endsWith('.corrupt'))).toEqual([
      expect.stringContaining('scratches/'),
    ]);
    expect(await readdir(join(foreign, 'work'))).toEqual(['thesis.tex']);
    expect(machine.logger.lines.some((line) => line.fields['kernelId'] === kernelId && line.level === 'warn')).toBe(
      true,
    );
  });

  it('destroys its kernels when it is told to at the stop', async () => {
    const { kernelId } = await createOne();
    await agent.close({ kernels: 'destroy' });
    expect(machine.events.find((event) => event.type === 'kernel-terminated')).toMatchObject({
      kernelId,
      reason: 'agent-termination',
    });
    expect(machine.place.containers).toEqual([]);
    expect(await failureOf(agent.createKernels(commandFor()))).toBe('AGENT_CLOSING');
    expect(machine.events.at(-1)?.type).toBe('agent-terminated');
  });
});

it('tells what it is and has', async () => {
  await createOne();
  expect(await agent.info()).toMatchObject({
    agentId: 'i-test',
    runtime: 'memory',
    slots: [
      { slot: 'cpu', total: '4', available: '3' },
      { slot: 'mem', total: '1073741824', available: '1072693248' },
    ],
    images: [{ canonical: 'memory/scripted' }],
  });
});

it('gives no kernel id to two sessions at once', async () => {
  const command = commandFor();
  const other = { ...command, sessionId: newSessionId() };
  const outcomes = await Promise.all([failureOf(agent.createKernels(command)), failureOf(agent.createKernels(other))]);
  expect(outcomes).toEqual(['no failure', 'KERNEL_EXISTS']);
});
