import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentEvent } from '@bai/agent-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKernel, type RunEvent } from './kernel-session.js';
import { startAgent } from './start-agent.js';

let place: string;
let temporary: string | undefined;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'embedded-'));
  temporary = process.env['TMPDIR'];
  process.env['TMPDIR'] = place;
});
afterEach(async () => {
  if (temporary === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = temporary;
  await rm(place, { recursive: true, force: true });
});

async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('an embedded agent', () => {
  it('runs code in a real kernel, answers its input, and leaves nothing', async () => {
    const told: AgentEvent['type'][] = [];
    {
      await using agent = await startAgent({ onEvent: (event) => told.push(event.type) });
      await using kernel = await createKernel(agent, { image: 'host/nodejs', mem: '256m' });
      expect(await collect(kernel.run('console.log(6 * 7)'))).toEqual([
        { type: 'stdout', text: '42\n' },
        { type: 'finished', exitCode: 0 },
      ]);
      const asked: boolean[] = [];
      const onInput = async ({ isPassword }: { isPassword: boolean }) => {
        asked.push(isPassword);
        return 'Joe';
      };
      const answered = await collect(kernel.run('const name = input("name? "); console.log("hi", name)', { onInput }));
      expect(answered.map((event) => ('text' in event ? event.text : '')).join('')).toBe('name? hi Joe\n');
      expect(asked).toEqual([false]);
      expect((await kernel.stats()).processes).toBeGreaterThan(1);
    }
    expect(told).toEqual(
      expect.arrayContaining(['agent-started', 'kernel-started', 'kernel-terminated', 'agent-terminated']),
    );
    expect(await readdir(place)).toEqual([]);
  });

  it('interrupts the code when its output is not wanted any more; variables survive', async () => {
    await using agent = await startAgent();
    await using kernel = await createKernel(agent, { image: 'host/nodejs', mem: '256m' });
    await collect(kernel.run('let count = 7'));
    for await (const event of kernel.run('console.log("begin"); for (;;) {}')) {
      if (event.type === 'stdout') break;
    }
    expect(await collect(kernel.run('console.log(count)'))).toContainEqual({ type: 'stdout', text: '7\n' });
  });

  it('finds its kernels again over the same state folder', async () => {
    const stateDir = join(place, 'state');
    const first = await startAgent({ stateDir });
    const kernel = await createKernel(first, { image: 'host/shell', mem: '64m' });
    await collect(kernel.run('greeting=hello'));
    await first.close();
    await using second = await startAgent({ stateDir, onStop: 'destroy' });
    expect(await second.listKernels()).toMatchObject([{ kernelId: kernel.kernelId, state: 'running' }]);
    const { KernelSession } = await import('./kernel-session.js');
    const again = new KernelSession(second, kernel.kernelId);
    expect(await collect(again.run('echo $greeting'))).toContainEqual({ type: 'stdout', text: 'hello\n' });
  });

  it('says which field is wrong', async () => {
    await using agent = await startAgent();
    for (const mem of ['-1', '1.5', 'much']) {
      await expect(createKernel(agent, { mem })).rejects.toThrow(/mem|size/);
    }
    await expect(createKernel(agent, { image: 'host/cobol' })).rejects.toThrow(/host\/cobol.*host\/shell/);
    expect(await agent.listKernels()).toEqual([]);
  });
});
