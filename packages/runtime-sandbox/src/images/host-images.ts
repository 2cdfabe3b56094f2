import { createHash } from 'node:crypto';
import { type ImageInfo, RuntimeError } from '@bai/container-runtime';
import { abortable, type Logger, type WaitOptions } from '@bai/core';
import { hostArchitecture } from '@bai/linux';
import { findInterpreters } from './find-interpreters.js';
import type { Interpreter } from './interpreter.js';
import type { Reader } from './visible-folder.js';

/** The interpreters of the host as images `host/python`, `host/nodejs` and `host/shell`. Looked for once, when first asked. */
export class HostImages {
  readonly #path: string;
  readonly #reader: Reader;
  readonly #logger: Logger;
  #found: Promise<readonly Interpreter[]> | undefined;

  /** @param path folders to look in first, as in `PATH` */
  constructor(path: string, reader: Reader, logger: Logger) {
    this.#path = path;
    this.#reader = reader;
    this.#logger = logger;
  }

  async list(options: WaitOptions = {}): Promise<ImageInfo[]> {
    return (await this.#interpreters(options)).map(toImage);
  }

  /** @throws {RuntimeError} `IMAGE_NOT_FOUND` */
  async find(canonical: string, options: WaitOptions = {}): Promise<Interpreter> {
    const interpreters = await this.#interpreters(options);
    const found = interpreters.find((interpreter) => nameOf(interpreter) === canonical);
    if (found !== undefined) return found;
    const names = interpreters.map(nameOf).join(', ') || 'none';
    throw new RuntimeError(
      'IMAGE_NOT_FOUND',
      `the sandbox has no image ${JSON.stringify(canonical)}; it has: ${names}`,
      {
        details: { image: canonical },
      },
    );
  }

  #interpreters({ signal }: WaitOptions): Promise<readonly Interpreter[]> {
    signal?.throwIfAborted();
    this.#found ??= findInterpreters(this.#path, this.#reader, this.#logger);
    return abortable(this.#found, signal);
  }
}

const nameOf = (interpreter: Interpreter): string => `host/${interpreter.runtimeType}`;

function toImage(interpreter: Interpreter): ImageInfo {
  const { runtimeType, path, version } = interpreter;
  return {
    canonical: nameOf(interpreter),
    labels: {
      'ai.backend.kernelspec': '1',
      'ai.backend.runtime-type': runtimeType,
      'ai.backend.runtime-path': path,
      'org.opencontainers.image.version': version,
    },
    digest: `sha256:${createHash('sha256').update(`${path}\0${version}`).digest('hex')}`,
    architecture: hostArchitecture(),
  };
}
