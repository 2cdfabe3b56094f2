import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostView } from './host-view.js';

const LINKS = [
  ['dev/fd', '/proc/self/fd'],
  ['dev/stdin', 'fd/0'],
  ['dev/stdout', 'fd/1'],
  ['dev/stderr', 'fd/2'],
  ['dev/ptmx', 'pts/ptmx'],
  ['etc/mtab', '/proc/self/mounts'],
  ['var/tmp', '../tmp'],
] as const;

/**
 * Makes the empty root file system of a kernel: mount points, links and the few files of its own. It is mounted read-only, so that
 * nothing in it ever changes. Everybody may read it, whatever the agent's umask: it holds nothing secret.
 */
export function makeSkeleton(
  root: string,
  view: HostView,
  mountPoints: readonly string[],
  ownEtc: ReadonlyMap<string, string>,
): void {
  const made = new Set<string>();
  const folder = (path: string): void => {
    if (made.has(path)) return;
    if (path !== '/') folder(dirname(path));
    mkdirSync(join(root, path));
    chmodSync(join(root, path), 0o755);
    made.add(path);
  };
  const file = (path: string, content: string | Buffer): void => {
    folder(dirname(path));
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), 0o644);
  };
  const devices = new Set(view.devices.map((name) => `/dev/${name}`));
  for (const path of ['/dev', '/etc', '/mnt', '/var', ...mountPoints.filter((path) => !devices.has(path))])
    folder(path);
  for (const device of devices) file(device, '');
  for (const [name, content] of [...view.etc.files, ...ownEtc]) file(`/etc/${name}`, content);
  for (const [name, target] of [...view.links, ...LINKS]) symlinkSync(target, join(root, name));
  if (view.etc.localtime !== undefined) symlinkSync(view.etc.localtime, join(root, 'etc/localtime'));
}
