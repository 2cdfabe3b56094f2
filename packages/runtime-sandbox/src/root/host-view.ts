import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readVisibleEtc, type VisibleEtc } from './etc.js';

/** What of the host every kernel sees. Read once per runtime: it changes with the installed packages only. */
export interface HostView {
  /** Top-level links such as `/bin` to `usr/bin`. */
  readonly links: ReadonlyMap<string, string>;
  /** Folders that are shown read-only at the same path. */
  readonly folders: readonly string[];
  readonly devices: readonly string[];
  readonly etc: VisibleEtc;
}

const TOP_LEVEL = /^(usr|bin|sbin|lib|lib32|lib64|libx32)$/;
/** Read by programs and by the C library to count processors. */
const CPU_FOLDERS = ['sys/devices/system/cpu', 'sys/devices/system/node'];
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

export function readHostView(root = '/'): HostView {
  const names = readdirSync(root).filter((name) => TOP_LEVEL.test(name));
  const links = names.filter((name) => lstatSync(join(root, name)).isSymbolicLink());
  const folders = [...names.filter((name) => !links.includes(name)), ...CPU_FOLDERS];
  return {
    links: new Map(links.map((name) => [name, readlinkSync(join(root, name))])),
    folders: folders.filter((name) => exists(join(root, name))).map((name) => `/${name}`),
    devices: DEVICES.filter((name) => exists(join(root, 'dev', name))),
    etc: readVisibleEtc(root),
  };
}

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
