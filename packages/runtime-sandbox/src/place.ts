import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeError } from '@bai/container-runtime';
import type { KernelId, Logger } from '@bai/core';
import { type CgroupParent, detectCgroups, killCgroup, listCgroups, planCgroup, removeCgroup } from '@bai/linux';
import { Shelf } from './book/shelf.js';
import { UserPool, type UserRange } from './book/user-pool.js';
import type { HostProbe } from './host/probe-host.js';
import { openHost } from './host/sandbox-host.js';
import { type HostView, readHostView } from './root/host-view.js';
import { installScripts, type ScriptFiles } from './scripts/script-files.js';

/** The state folder of one sandbox, and what the machine around it is like. */
export interface Place {
  readonly directory: string;
  readonly shelf: Shelf;
  readonly users: UserPool;
  readonly scripts: ScriptFiles;
  readonly host: HostProbe;
  readonly view: HostView;
  /** Where control groups of kernels are made. */
  readonly cgroupParents: readonly CgroupParent[];
  /** Name of a kernel's control group. Two agents of one machine have different ones for the same kernel. */
  cgroupName(kernelId: KernelId): string;
}

/** Opens the state folder and takes away what an earlier process left half made. @throws {RuntimeError} `RUNTIME_UNAVAILABLE` */
export async function openPlace(folder: string, users: UserRange, logger: Logger): Promise<Place> {
  const host = await openHost(users, logger);
  const directory = makeDirectory(folder);
  const prefix = `bai-${createHash('sha256').update(directory).digest('hex').slice(0, 8)}-`;
  const place: Place = {
    directory,
    shelf: new Shelf(join(directory, 'containers')),
    users: new UserPool(join(directory, 'users'), users),
    scripts: installScripts(join(directory, 'scripts')),
    host,
    view: readHostView(),
    cgroupParents: detectCgroups(),
    cgroupName: (kernelId) => prefix + kernelId,
  };
  await sweep(place, prefix);
  return place;
}

function makeDirectory(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return realpathSync(folder);
  } catch (cause) {
    throw new RuntimeError(
      'RUNTIME_UNAVAILABLE',
      `the folder ${folder} for the sandbox cannot be made: check its owner and rights`,
      {
        cause,
      },
    );
  }
}

/** A control group without a book is one of a state folder that somebody emptied. */
async function sweep({ shelf, users, cgroupParents }: Place, prefix: string): Promise<void> {
  shelf.sweep();
  const kernelIds = new Set<string>(shelf.books().map((book) => book.kernelId));
  users.sweep(kernelIds);
  const orphans = listCgroups(cgroupParents, prefix).filter((name) => !kernelIds.has(name.slice(prefix.length)));
  for (const name of orphans) {
    const group = planCgroup(cgroupParents, name);
    await killCgroup(group);
    await removeCgroup(group);
  }
}
