import { RuntimeError } from '@bai/container-runtime';
import type { WaitOptions } from '@bai/core';
import { isInside, killCgroup, planCgroup, readMounts, removeCgroup } from '@bai/linux';
import type { Book } from './book/book.js';
import type { BookRecord } from './book/book-record.js';
import type { Place } from './place.js';

/**
 * Takes away everything of a container whose processes have ended. The book goes last, so that what fails is tried again.
 * @throws {RuntimeError} `RUNTIME_UNAVAILABLE` when the machine refuses
 */
export async function removeContainer(
  book: Book,
  record: BookRecord | undefined,
  place: Place,
  options: WaitOptions,
): Promise<void> {
  const group = record?.cgroup ?? planCgroup(place.cgroupParents, place.cgroupName(book.kernelId));
  await killCgroup(group, options);
  await removeCgroup(group, options);
  refuseMounts(book);
  if (record?.user) place.users.giveBack(record.user.uid, book.kernelId);
  place.shelf.remove(book.kernelId);
}

/** A kernel's mounts exist in its own namespace only. Through one on the host, removing files would reach a user's folder. */
function refuseMounts(book: Book): void {
  const mount = readMounts().find(({ mountPoint }) => isInside(mountPoint, book.folder));
  if (mount === undefined) return;
  throw new RuntimeError(
    'RUNTIME_UNAVAILABLE',
    `something is mounted at ${mount.mountPoint}, in the book of kernel ${book.kernelId}: unmount it (umount ${mount.mountPoint})`,
    { details: { kernelId: book.kernelId } },
  );
}
