import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogSettings } from '@bai/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Screen } from '../testing/fake-shell.js';
import { WinstonLog } from './winston-log.js';

let folder: string;
let screen: Screen;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'));
  screen = new Screen();
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (settings: Partial<LogSettings>) =>
  new WinstonLog(
    { level: 'info', console: { format: 'simple', colored: false }, file: undefined, ...settings },
    screen,
  );

describe('on the console', () => {
  it('is a level, a text and fields', async () => {
    await using log = open({});
    log.logger
      .child({ kernelId: 'k1' })
      .warn('kernel slow', { ms: 5, text: 'a b', error: new Error('x "y"'), big: 7n });
    await screen.shows('WARNING kernel slow kernelId=k1 ms=5 text="a b" error="x \\"y\\"" big="7"\n');
  });

  it('has time, component and process when it is verbose', async () => {
    await using log = open({ console: { format: 'verbose', colored: undefined } });
    log.logger.info('started', { name: 'agent-runtime:AgentRuntime' });
    await screen.shows('started');
    expect(screen.text).toMatch(
      new RegExp(
        `^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} INFO agent-runtime:AgentRuntime \\[${process.pid}\\] started\\n$`,
      ),
    );
  });

  it('is coloured when asked', async () => {
    await using log = open({ console: { format: 'simple', colored: true } });
    log.logger.error('bad');
    await screen.shows('\u001b[31mERROR\u001b[0m bad\n');
  });

  it('leaves out what is below the level', async () => {
    await using log = open({ level: 'warn' });
    log.logger.debug('a');
    log.logger.info('b');
    log.logger.warn('c');
    await screen.shows('c');
    expect(screen.text).toBe('WARNING c\n');
  });

  it('takes lines after its end without complaint', async () => {
    const log = open({});
    await log[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
    log.logger.info('late');
    expect(screen.text).toBe('');
  });

  it('may be off', async () => {
    const log = open({ console: undefined });
    log.logger.error('nobody hears');
    await log[Symbol.asyncDispose]();
    expect(screen.text).toBe('');
  });
});

describe('in a file', () => {
  it('is one JSON object per line', async () => {
    const path = join(folder, 'logs/agent.log');
    const log = open({ console: undefined, file: { path, backups: 2, rotationBytes: 1000 } });
    log.logger
      .child({ name: 'x' })
      .error('bad', { kernelId: 'k', error: new Error('why', { cause: new Error('deep') }) });
    await log[Symbol.asyncDispose]();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      level: 'ERROR',
      name: 'x',
      processName: 'bai-agent',
      message: 'bad',
      kernelId: 'k',
      exc_info: '"why: deep"',
    });
  });

  it('is put aside before it grows too large, and no line is lost but the oldest', async () => {
    const path = join(folder, 'agent.log');
    const log = open({ console: undefined, file: { path, backups: 2, rotationBytes: 400 } });
    for (let number = 0; number < 20; number += 1) log.logger.info('line', { number });
    await log[Symbol.asyncDispose]();
    expect(readdirSync(folder).sort()).toEqual(['agent.log', 'agent.log.1', 'agent.log.2']);
    const numbers = ['agent.log.2', 'agent.log.1', 'agent.log'].flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      expect(text.length).toBeLessThanOrEqual(400);
      return text
        .trim()
        .split('\n')
        .map((line) => Number(/"number":(\d+)/.exec(line)?.[1]));
    });
    expect(numbers.at(-1)).toBe(19);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  });

  it('goes on with the file of an earlier life', async () => {
    const path = join(folder, 'agent.log');
    for (const text of ['one', 'two']) {
      const log = open({ console: undefined, file: { path, backups: 1, rotationBytes: 10_000 } });
      log.logger.info(text);
      await log[Symbol.asyncDispose]();
    }
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2);
  });
});
