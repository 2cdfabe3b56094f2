import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { type RunnerEndpoints, RuntimeError } from '@bai/container-runtime';
import { IN_SOCKET, OUT_SOCKET } from '@bai/kernel-protocol';

/**
 * Opens the folder of a runner's sockets and checks that it and they are the runner's. The endpoints go through the opened
 * folder: what is put at its path later is not reached, and the name is short enough for a socket wherever the state lies.
 *
 * @throws {RuntimeError} `RUNNER_UNREACHABLE`
 */
export function openRunnerEndpoints(folder: string, uid: number): RunnerEndpoints {
  let fd: number | undefined;
  try {
    fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const base = `/proc/self/fd/${fd}`;
    check(folder, fstatSync(fd), uid, (mode) => (mode & 0o777) === 0o700);
    for (const name of [IN_SOCKET, OUT_SOCKET]) {
      check(
        `${folder}/${name}`,
        lstatSync(`${base}/${name}`),
        uid,
        (mode) => (mode & constants.S_IFMT) === constants.S_IFSOCK,
      );
    }
    return endpoints(fd, base);
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    if (error instanceof RuntimeError) throw error;
    throw new RuntimeError('RUNNER_UNREACHABLE', `the runner's sockets in ${folder} cannot be opened`, {
      cause: error,
    });
  }
}

function check(
  path: string,
  info: { uid: number; mode: number },
  uid: number,
  isRight: (mode: number) => boolean,
): void {
  if (info.uid === uid && isRight(info.mode)) return;
  throw new RuntimeError(
    'RUNNER_UNREACHABLE',
    `${path} is not what the runner made (owner ${info.uid}, mode ${info.mode.toString(8)}; expected owner ${uid}): destroy the kernel`,
  );
}

function endpoints(fd: number, base: string): RunnerEndpoints {
  let isOpen = true;
  return {
    input: `ipc://${base}/${IN_SOCKET}`,
    output: `ipc://${base}/${OUT_SOCKET}`,
    async [Symbol.asyncDispose]() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}
