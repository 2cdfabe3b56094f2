import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readElf } from './elf.js';

test('reads the loader of the Node.js that runs this', async () => {
  const elf = await readElf(process.execPath);
  expect(elf?.machine).toBe({ x64: 62, arm64: 183 }[process.arch as string]);
  expect(elf?.interpreter).toMatch(/^\/.*ld-/);
});

test('takes any other file as no program, and survives broken headers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bai-elf-'));
  const path = join(folder, 'file');
  try {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.uint8Array({ maxLength: 300 }), async (withMagic, bytes) => {
        const content = withMagic ? Buffer.concat([Buffer.from('\x7fELF\x02\x01', 'latin1'), bytes]) : bytes;
        await writeFile(path, content);
        const elf = await readElf(path);
        if (!withMagic) expect(elf).toBeUndefined();
        else expect(elf === undefined).toBe(content.length < 64);
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
