import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, type KernelSpec } from '@bai/agent-api';
import { errorCode, type KernelId, parseKernelId } from '@bai/core';
import { pathNames } from './files/beneath.js';
import { WorkFiles } from './files/work-files.js';

/** File that says which agent made a scratch folder: others' folders in a shared root are never touched. */
const MARKER = '.bai-agent';

/** Host folders of one kernel. @see spec/03 §2 */
export interface Scratch {
  readonly root: string;
  /** Becomes `/home/config`. */
  readonly config: string;
  /** Becomes `/home/work`. */
  readonly work: string;
}

/** The scratch folders of all kernels of one agent. */
export class ScratchFolders {
  readonly #root: string;
  readonly #owner: string;

  private constructor(root: string, owner: string) {
    this.#root = root;
    this.#owner = owner;
  }

  /** @param stateDir holds the name by which this agent knows its own folders. */
  static async open(root: string, stateDir: string): Promise<ScratchFolders> {
    await mkdir(root, { recursive: true, mode: 0o711 });
    return new ScratchFolders(root, await instanceName(join(stateDir, 'instance')));
  }

  of(kernelId: KernelId): Scratch {
    const root = join(this.#root, kernelId);
    return { root, config: join(root, 'config'), work: join(root, 'work') };
  }

  /** Makes a kernel's folders and the files that its runner and its programs read. */
  async create(spec: KernelSpec, files: ConfigFiles): Promise<Scratch> {
    const scratch = this.of(spec.kernelId);
    await mkdir(scratch.root, { mode: 0o711 });
    await writeFile(join(scratch.root, MARKER), this.#owner, { mode: 0o600 });
    await mkdir(scratch.config, { mode: 0o755 });
    await mkdir(scratch.work, { mode: 0o755 });
    await writeFile(join(scratch.config, 'environ.txt'), formatEnviron(files.environ));
    await writeFile(join(scratch.config, 'resource.txt'), files.resourceText);
    await writeHomeFiles(scratch, spec);
    return scratch;
  }

  /** Removes a kernel's folders. Nothing there is success; a folder that another program made stays. */
  async remove(kernelId: KernelId): Promise<void> {
    const { root } = this.of(kernelId);
    if (await this.#owns(root)) await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Kernels that have a folder made by this agent. */
  async list(): Promise<readonly KernelId[]> {
    const found: KernelId[] = [];
    for (const name of await readdir(this.#root)) {
      if (/^[0-9a-f-]{36}$/.test(name) && (await this.#owns(join(this.#root, name)))) found.push(parseKernelId(name));
    }
    return found;
  }

  async #owns(root: string): Promise<boolean> {
    const marker = await readIfPresent(join(root, MARKER));
    if (marker !== undefined) return marker === this.#owner;
    // Killed between making the folder and marking it: an empty folder is nobody's loss.
    return (await readdir(root).catch(() => ['foreign'])).length === 0;
  }
}

export interface ConfigFiles {
  readonly environ: Readonly<Record<string, string>>;
  readonly resourceText: string;
}

/** Characters at which Python's `splitlines` breaks, which would cut a value in two. @see spec/03 §2.1 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that the file can't hold
const LINE_BREAKS = /[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;

/** @throws {InvalidArgumentError} naming the variable that the file format can't hold. */
export function checkEnviron(environ: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(environ)) {
    const field = `environ.${JSON.stringify(name.slice(0, 80))}`;
    if (name === '' || /[=\0]/.test(name) || LINE_BREAKS.test(name)) {
      throw new InvalidArgumentError(field, "a variable's name must not be empty or hold '=', NUL or a line break");
    }
    if (value.includes('\0') || LINE_BREAKS.test(value)) {
      throw new InvalidArgumentError(field, "a variable's value must not hold NUL or a line break");
    }
  }
}

function formatEnviron(environ: Readonly<Record<string, string>>): string {
  return Object.entries(environ)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Bootstrap script, SSH keys and dotfiles. @see spec/03 §2.3 */
async function writeHomeFiles(scratch: Scratch, spec: KernelSpec): Promise<void> {
  const files = new WorkFiles(scratch.work);
  if (spec.bootstrapScript) await files.write('bootstrap.sh', Buffer.from(spec.bootstrapScript));
  const keys = spec.sshKeyPair;
  if (keys !== null && !spec.mounts.some((mount) => mount.target === '/home/work/.ssh')) {
    await files.write('.ssh/authorized_keys', Buffer.from(keys.publicKey));
    await files.write('.ssh/id_rsa', Buffer.from(keys.privateKey));
    await files.write('id_container', Buffer.from(keys.privateKey));
    await chmod(join(scratch.work, '.ssh'), 0o700);
    for (const name of ['.ssh/authorized_keys', '.ssh/id_rsa', 'id_container'])
      await chmod(join(scratch.work, name), 0o600);
  }
  for (const dotfile of spec.dotfiles) {
    const names = pathNames(dotfile.path);
    await files.write(dotfile.path, Buffer.from(dotfile.data.endsWith('\n') ? dotfile.data : `${dotfile.data}\n`));
    await chmod(join(scratch.work, ...names), parseMode(dotfile.mode));
  }
}

function parseMode(text: string): number {
  if (!/^[0-7]{3,4}$/.test(text)) {
    throw new InvalidArgumentError('dotfiles.perm', `must be octal digits such as 644, got ${JSON.stringify(text)}`);
  }
  return Number.parseInt(text, 8) & 0o777;
}

async function instanceName(path: string): Promise<string> {
  const known = await readIfPresent(path);
  if (known !== undefined && known !== '') return known;
  const name = randomUUID();
  await writeFile(path, name, { mode: 0o600 });
  return name;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
