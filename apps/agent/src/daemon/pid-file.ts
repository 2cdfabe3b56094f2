import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BaiError, describeError } from '@bai/core';

/** Says which process the agent is: decimal, without an end of line. Gone once the agent is. @see spec/06 §1.5 */
export class PidFile implements AsyncDisposable {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws {BaiError} `PID_FILE_UNWRITABLE` */
  static async write(path: string): Promise<PidFile> {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, String(process.pid), { mode: 0o644 });
    } catch (cause) {
      throw new BaiError(
        'PID_FILE_UNWRITABLE',
        `the pid file ${path} can't be written (${describeError(cause)}): set agent.pid-file to another place`,
        { cause, details: { path } },
      );
    }
    return new PidFile(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
