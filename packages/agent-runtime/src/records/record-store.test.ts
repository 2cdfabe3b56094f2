import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLogger } from '@bai/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleRecord } from '../testing/example-record.js';
import { formatRecord, parseRecord } from './kernel-record.js';
import { RecordStore } from './record-store.js';

let folder: string;
let logger: MemoryLogger;
const open = () => RecordStore.open(folder, logger);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'records-'));
  logger = new MemoryLogger();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('RecordStore', () => {
  it('gives back what it was given', async () => {
    const record = exampleRecord();
    await (await open()).save(record, { durable: true });
    expect(await (await open()).load()).toEqual({ records: [record], corrupt: [] });
  });

  it('keeps a record to its owner and without the registry password', async () => {
    const record = exampleRecord();
    const image = { ...record.spec.image, registry: { ...record.spec.image.registry, password: 'hunter2' } };
    await (await open()).save({ ...record, spec: { ...record.spec, image } }, { durable: true });
    const path = join(folder, `${record.kernelId}.json`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).not.toContain('hunter2');
  });

  it('puts a record that was cut in half aside, names the kernel, and reads the others', async () => {
    const [whole, half] = [exampleRecord(), exampleRecord()];
    const store = await open();
    await store.save(whole, { durable: true });
    await store.save(half, { durable: true });
    const path = join(folder, `${half.kernelId}.json`);
    await truncate(path, 100);
    expect(await (await open()).load()).toEqual({ records: [whole], corrupt: [half.kernelId] });
    expect(await readdir(folder)).toContain(`${half.kernelId}.json.corrupt`);
    expect(logger.lines.some((line) => line.fields['path'] === path)).toBe(true);
  });

  it('clears what a crash left half-written', async () => {
    await writeFile(join(folder, 'x.json.0badcafe.tmp'), '{');
    await (await open()).load();
    expect(await readdir(folder)).toEqual([]);
  });

  it('writes the calls of one kernel in their order, and forgets it', async () => {
    const record = exampleRecord();
    const store = await open();
    const saves = [1, 2, 3].map((createdAt) => store.save({ ...record, createdAt }, { durable: createdAt === 1 }));
    await Promise.all(saves);
    expect((await store.load()).records[0]?.createdAt).toBe(3);
    await store.delete(record.kernelId);
    await store.delete(record.kernelId);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('the text of a record', () => {
  it.each([
    ['another version', { version: 2 }],
    ['a state that nobody knows', { state: 'sleeping' }],
    ['an id that would leave the folder', { kernelId: '../../etc/passwd' }],
  ])('is refused with %s', (_, patch) => {
    const json: unknown = JSON.parse(formatRecord(exampleRecord()));
    expect(() => parseRecord(JSON.stringify(Object.assign({}, json, patch)))).toThrow();
  });
});
