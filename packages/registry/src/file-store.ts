import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { abortable, describeError, errorCode, type Logger, nullLogger, toError, type WaitOptions } from '@bai/core';
import { RegistryError, registryClosed } from './errors.js';
import type { KeyValueCondition, KeyValueStore, KeyValueWrite } from './key-value-store.js';
import { isBelow } from './keys.js';
import type { RegistryChange } from './port.js';
import { Watchers } from './watchers.js';

export interface FileStoreOptions {
  /** Path of the file. Its folder is created. It belongs to one process at a time: the lock is the caller's business. */
  readonly file: string;
  readonly logger?: Logger;
}

/**
 * A small store in one JSON file, written whole: a new file beside it, fsync, rename, fsync of the folder. A write resolves when it
 * would survive a power cut. A file that can't be read is set aside as `<file>.corrupt` with an error in the log, and the store begins
 * empty: the agent must start.
 */
export class FileStore implements KeyValueStore {
  readonly #file: string;
  readonly #watchers = new Watchers();
  #entries: ReadonlyMap<string, string>;
  /** End of the line of writes. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(file: string, entries: ReadonlyMap<string, string>) {
    this.#file = file;
    this.#entries = entries;
  }

  /** @throws RegistryError `REGISTRY_UNAVAILABLE` when the file or its folder can't be read or made */
  static async open({ file, logger = nullLogger }: FileStoreOptions): Promise<FileStore> {
    try {
      await mkdir(dirname(file), { recursive: true });
      await rm(temporaryOf(file), { force: true });
      const text = await readFile(file, 'utf8').catch(undefinedIfMissing);
      return new FileStore(file, text === undefined ? new Map() : await parseOrSetAside(file, text, logger));
    } catch (cause) {
      throw unavailable(file, 'read', cause);
    }
  }

  async read(keys: readonly string[], options: WaitOptions = {}): Promise<ReadonlyMap<string, string>> {
    this.#assertUsable(options);
    return new Map(
      keys.flatMap((key) => {
        const value = this.#entries.get(key);
        return value === undefined ? [] : [[key, value] as const];
      }),
    );
  }

  async list(prefixes: readonly string[], options: WaitOptions = {}): Promise<ReadonlyMap<string, string>> {
    this.#assertUsable(options);
    const inside = [...this.#entries].filter(([key]) => prefixes.some((prefix) => isBelow(key, prefix)));
    return new Map(inside.sort(byKey));
  }

  write(
    writes: readonly KeyValueWrite[],
    options: WaitOptions & { readonly condition?: KeyValueCondition } = {},
  ): Promise<boolean> {
    const turn = this.#last.then(() => this.#write(writes, options));
    this.#last = turn.catch(() => undefined);
    return abortable(turn, options.signal);
  }

  watch(prefix: string, options: WaitOptions = {}): AsyncIterable<RegistryChange> {
    return this.#watchers.watch(prefix, options.signal);
  }

  /** Lets the writes that were asked for come to their end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    this.#closed = true;
    this.#watchers.close();
  }

  async #write(
    writes: readonly KeyValueWrite[],
    options: WaitOptions & { readonly condition?: KeyValueCondition },
  ): Promise<boolean> {
    this.#assertUsable(options);
    const { condition } = options;
    if (condition !== undefined && this.#entries.get(condition.key) !== condition.expected) return false;
    const changes = writes.flatMap((write) => this.#changesOf(write));
    const next = new Map(this.#entries);
    for (const change of changes) {
      if (change.type === 'put') next.set(change.key, change.value);
      else next.delete(change.key);
    }
    if (changes.length > 0) await this.#save(next);
    this.#entries = next;
    for (const change of changes) this.#watchers.tell(change);
    return true;
  }

  #changesOf(write: KeyValueWrite): Exclude<RegistryChange, { type: 'relist' }>[] {
    if (write.type === 'put') return [write];
    if (write.type === 'delete') return this.#entries.has(write.key) ? [write] : [];
    const keys = [...this.#entries.keys()].filter((key) => isBelow(key, write.prefix));
    return keys.sort().map((key) => ({ type: 'delete', key }));
  }

  async #save(entries: ReadonlyMap<string, string>): Promise<void> {
    const content = { version: 1, entries: Object.fromEntries([...entries].sort(byKey)) };
    try {
      await writeDurably(this.#file, `${JSON.stringify(content, undefined, 2)}\n`);
    } catch (cause) {
      throw unavailable(this.#file, 'written', cause);
    }
  }

  #assertUsable({ signal }: WaitOptions): void {
    signal?.throwIfAborted();
    if (this.#closed) throw registryClosed();
  }
}

const temporaryOf = (file: string): string => `${file}.new`;

async function writeDurably(file: string, text: string): Promise<void> {
  const temporary = temporaryOf(file);
  // Passwords of registries and databases live here.
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function parseOrSetAside(file: string, text: string, logger: Logger): Promise<ReadonlyMap<string, string>> {
  try {
    return parseFile(text);
  } catch (error) {
    const aside = `${file}.corrupt`;
    await rename(file, aside);
    logger
      .child({ name: 'registry:FileStore' })
      .error('the registry file is damaged and was set aside: the registry begins empty', {
        file,
        aside,
        error: describeError(error),
      });
    return new Map();
  }
}

function parseFile(text: string): ReadonlyMap<string, string> {
  const content: unknown = JSON.parse(text);
  if (typeof content !== 'object' || content === null || !('entries' in content) || !('version' in content)) {
    throw new TypeError('not a registry file');
  }
  const { version, entries } = content;
  if (version !== 1 || typeof entries !== 'object' || entries === null)
    throw new TypeError('not a registry file of version 1');
  return new Map(
    Object.entries(entries).map(([key, value]: [string, unknown]) => {
      if (typeof value !== 'string') throw new TypeError(`the value of ${JSON.stringify(key)} is not text`);
      return [key, value];
    }),
  );
}

const byKey = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : a > b ? 1 : 0);

function undefinedIfMissing(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw error;
}

const unavailable = (file: string, verb: string, cause: unknown): RegistryError =>
  new RegistryError(
    'REGISTRY_UNAVAILABLE',
    `the registry file ${file} can not be ${verb}: check its owner, rights and space`,
    {
      cause: toError(cause),
      retryable: true,
      details: { file },
    },
  );
