import { access, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { abortable, BaiError, type Logger, nullLogger, type WaitOptions } from '@bai/core';
import type { RunnerFolder, RunnerSource } from '../port.js';
import { removeAbandoned } from './abandoned.js';
import { buildFolder } from './build-folder.js';
import { contentName } from './content-name.js';
import { deliveryFailed } from './delivery-error.js';
import { findParts } from './runner-parts.js';

const MOUNT_POINT = '/opt/backend.ai';

export interface HostFolderOptions {
  /** Folder with the runner's script, its native addon and its drivers. Everything in it is delivered; it has no `bin` and no `lib`. */
  readonly bundle: string;
  /** The runner's script, relative to `bundle`. Default `runner.mjs`. */
  readonly entry?: string;
  /** Folder of the delivered folders, one per content. Created if absent; may be shared by several agents. */
  readonly directory: string;
  /** Node.js binary to deliver. Default: the one that runs this program. */
  readonly nodeBinary?: string;
  /** Flags of Node.js, before the script. */
  readonly nodeFlags?: readonly string[];
  readonly logger?: Logger;
}

/**
 * Delivers the runner as a folder of this host: with Node.js, the shared libraries and the loader of both, so that it runs in any Linux
 * image of this CPU. The folder is named by its content and never changes, so that a kernel outlives an upgrade of the agent; older
 * ones are left, since kernels may use them.
 *
 * The variables by which an image could put code into the runner (`NODE_OPTIONS`, `LD_*`) are for the runtime to blank.
 */
export class HostFolderRunnerSource implements RunnerSource {
  readonly #options: HostFolderOptions;
  readonly #directory: string;
  readonly #logger: Logger;
  #delivery: Promise<RunnerFolder> | undefined;

  constructor(options: HostFolderOptions) {
    this.#options = options;
    this.#directory = resolve(options.directory);
    this.#logger = (options.logger ?? nullLogger).child({ name: 'container-runtime:HostFolderRunnerSource' });
  }

  /** The first call delivers; later ones answer with the same folder while it is there. @throws `RUNNER_DELIVERY_FAILED` */
  async provide(options?: WaitOptions): Promise<RunnerFolder> {
    options?.signal?.throwIfAborted();
    const earlier = this.#delivery;
    this.#delivery ??= this.#deliver();
    const folder = await abortable(this.#delivery, options?.signal);
    if (earlier === undefined || (await isThere(folder))) return folder;
    if (this.#delivery === earlier) this.#delivery = undefined;
    return await this.provide(options);
  }

  /** Not ended by any caller's signal: others may wait for the same delivery. */
  async #deliver(): Promise<RunnerFolder> {
    try {
      return await this.#build();
    } catch (error) {
      this.#delivery = undefined;
      if (error instanceof BaiError) throw error;
      throw deliveryFailed(`${this.#directory} can't be written or a file of the runner can't be read`, error);
    }
  }

  async #build(): Promise<RunnerFolder> {
    const { bundle, entry = 'runner.mjs', nodeBinary = process.execPath, nodeFlags = [] } = this.#options;
    await mkdir(this.#directory, { recursive: true });
    const abandoned = await removeAbandoned(this.#directory);
    if (abandoned.length > 0) this.#logger.warn('removed unfinished runner folders of ended processes', { abandoned });
    const { parts, loader } = await findParts(resolve(bundle), entry, nodeBinary);
    const name = await contentName(this.#directory, parts);
    const hostPath = await buildFolder(this.#directory, name, parts);
    this.#logger.debug('runner delivered', { hostPath, files: parts.length });
    const lib = join(MOUNT_POINT, 'lib');
    const node = join(MOUNT_POINT, 'bin', 'node');
    return {
      hostPath,
      mountPoint: MOUNT_POINT,
      command: [join(lib, loader), '--library-path', lib, node, ...nodeFlags, join(MOUNT_POINT, entry)],
    };
  }
}

async function isThere(folder: RunnerFolder): Promise<boolean> {
  try {
    await access(join(folder.hostPath, 'bin', 'node'));
    return true;
  } catch {
    return false;
  }
}
