import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Files of the host's `/etc` that programs need and that say nothing of the host's users, services or secrets. */
const FILES = [
  'bash.bashrc',
  'debian_version',
  'gai.conf',
  'host.conf',
  'inputrc',
  'ld.so.cache',
  'ld.so.conf',
  'magic',
  'mime.types',
  'os-release',
  'protocols',
  'services',
  'ssl/openssl.cnf',
  'timezone',
];

/** Folders that are shown as they are, read-only. */
const FOLDERS = [
  'alternatives',
  'crypto-policies',
  'fonts',
  'ImageMagick-6',
  'julia',
  'ld.so.conf.d',
  'perl',
  'pki/ca-trust/extracted',
  'pki/tls/certs',
  'R',
  'ssl/certs',
  'terminfo',
];
const FOLDER_PATTERNS = [/^python\d(\.\d+)?$/, /^java-[\w.]+-openjdk$/];

const LARGEST_COPY = 4 * 1024 * 1024;

export interface VisibleEtc {
  /** Copied into each kernel: path below `/etc` to content. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Bound: path below `/etc` to the real folder on the host. */
  readonly folders: ReadonlyMap<string, string>;
  /** Target of the link `/etc/localtime`; some programs take the name of the time zone from it. */
  readonly localtime: string | undefined;
}

/** Reads what kernels may see of the host's `/etc`: only what everybody may read. */
export function readVisibleEtc(root = '/'): VisibleEtc {
  const etc = join(root, 'etc');
  const names = listFolder(etc).filter((name) => FOLDER_PATTERNS.some((pattern) => pattern.test(name)));
  return {
    files: new Map(FILES.flatMap((name) => readPublicFile(join(etc, name), name))),
    folders: new Map([...FOLDERS, ...names].flatMap((name) => findPublicFolder(join(etc, name), name))),
    localtime: readLocaltime(join(etc, 'localtime')),
  };
}

function readPublicFile(path: string, name: string): [string, Buffer][] {
  const info = statSync(path, { throwIfNoEntry: false });
  const isPublic = info?.isFile() && (info.mode & 0o004) !== 0 && info.size <= LARGEST_COPY;
  return isPublic ? [[name, readFileSync(path)]] : [];
}

function findPublicFolder(path: string, name: string): [string, string][] {
  const info = statSync(path, { throwIfNoEntry: false });
  return info?.isDirectory() && (info.mode & 0o005) === 0o005 ? [[name, realpathSync(path)]] : [];
}

/** The link as it is if it leads into `/usr`, which kernels see. */
function readLocaltime(path: string): string | undefined {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return undefined;
  const target = readlinkSync(path);
  return target.startsWith('/usr/share/zoneinfo/') || target.startsWith('../usr/share/zoneinfo/') ? target : undefined;
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // a machine without /etc has nothing to show
  }
}

/** The files of `/etc` that are about the kernel itself. */
export function makeOwnEtc(identity: {
  uid: number;
  gid: number;
  hostname: string;
  shell: string;
}): Map<string, string> {
  const { uid, gid, hostname, shell } = identity;
  return new Map([
    ['hostname', `${hostname}\n`],
    ['hosts', `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.0.1 ${hostname}\n`],
    ['resolv.conf', ''],
    [
      'nsswitch.conf',
      'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n',
    ],
    [
      'passwd',
      `root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nwork:x:${uid}:${gid}:work:/home/work:${shell}\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n`,
    ],
    ['group', `root:x:0:\nwork:x:${gid}:\nnogroup:x:65534:\n`],
  ]);
}
