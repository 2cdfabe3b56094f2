import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { temporaryPath } from './abandoned.js';
import type { RunnerPart } from './runner-parts.js';

/** Part of every name: raise it when the same files are laid out in another way. */
const LAYOUT = 'bai-runner-1';
const NAME = /^[0-9a-f]{32}$/;

/**
 * A name for exactly these files: a hash of their contents. Reading a hundred megabytes at each start of a daemon would be slow, so the
 * last name is kept with a stamp of the files' identities, sizes and times, and serves as long as those are the same.
 */
export async function contentName(directory: string, parts: readonly RunnerPart[]): Promise<string> {
  const stamp = await stampOf(parts);
  const cache = join(directory, 'newest.json');
  const known = parseCache(await readFile(cache, 'utf8').catch(() => ''));
  if (known?.stamp === stamp) return known.name;
  const name = await hashOf(parts);
  const building = temporaryPath(directory);
  await writeFile(building, JSON.stringify({ stamp, name }));
  await rename(building, cache);
  return name;
}

async function stampOf(parts: readonly RunnerPart[]): Promise<string> {
  const hash = createHash('sha256').update(LAYOUT);
  for (const part of parts) {
    const { dev, ino, size, mtimeNs } = await stat(part.source, { bigint: true });
    hash.update(JSON.stringify([part.path, part.executable, ...[dev, ino, size, mtimeNs].map(String)]));
  }
  return hash.digest('hex');
}

async function hashOf(parts: readonly RunnerPart[]): Promise<string> {
  const hash = createHash('sha256').update(LAYOUT);
  for (const part of parts) {
    const content = createHash('sha256');
    await pipeline(createReadStream(part.source), content);
    hash.update(JSON.stringify([part.path, part.executable, content.digest('hex')]));
  }
  return hash.digest('hex').slice(0, 32);
}

/** A cache that can't be read is no cache: it may be of a process that died while it wrote. */
function parseCache(text: string): { readonly stamp: string; readonly name: string } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('stamp' in value) || !('name' in value)) return undefined;
    const { stamp, name } = value;
    return typeof stamp === 'string' && typeof name === 'string' && NAME.test(name) ? { stamp, name } : undefined;
  } catch {
    return undefined;
  }
}
