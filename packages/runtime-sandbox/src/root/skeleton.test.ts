import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeOwnEtc, readVisibleEtc } from './etc.js';
import { readHostView } from './host-view.js';
import { makeSkeleton } from './skeleton.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bai-sandbox-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function host(files: Record<string, string>, folders: readonly string[] = []): void {
  for (const name of folders) mkdirSync(join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

describe('what is visible of the host', () => {
  it('is listed system folders, links and devices that exist', () => {
    host({ 'dev/null': '', 'dev/sda': '' }, ['usr/bin', 'lib', 'root', 'home', 'srv', 'sys/devices/system/cpu']);
    symlinkSync('usr/bin', join(folder, 'bin'));
    const view = readHostView(folder);
    expect(view.links).toEqual(new Map([['bin', 'usr/bin']]));
    expect([...view.folders].sort()).toEqual(['/lib', '/sys/devices/system/cpu', '/usr']);
    expect(view.devices).toEqual(['null']);
  });

  it('is those parts of /etc that are listed and public', () => {
    host({ 'etc/mime.types': 'x', 'etc/services': 's', 'etc/shadow': 'secret', 'etc/ssl/private/key': 'secret' }, [
      'etc/ssl/certs',
      'etc/python3.11',
      'etc/fonts',
      'etc/cron.d',
    ]);
    rmSync(join(folder, 'etc/services'));
    writeFileSync(join(folder, 'etc/services'), 's', { mode: 0o600 });
    symlinkSync('/usr/share/zoneinfo/Asia/Seoul', join(folder, 'etc/localtime'));
    const etc = readVisibleEtc(folder);
    expect([...etc.files.keys()]).toEqual(['mime.types']);
    expect([...etc.folders.keys()].sort()).toEqual(['fonts', 'python3.11', 'ssl/certs']);
    expect(etc.localtime).toBe('/usr/share/zoneinfo/Asia/Seoul');
  });

  it('is no time zone that lies elsewhere', () => {
    host({}, ['etc']);
    symlinkSync('/home/somebody/zone', join(folder, 'etc/localtime'));
    expect(readVisibleEtc(folder).localtime).toBeUndefined();
    expect(readVisibleEtc(join(folder, 'nowhere'))).toMatchObject({ files: new Map(), folders: new Map() });
  });
});

it('makes a root that everybody can read, whatever the umask', () => {
  const root = join(folder, 'root');
  const view = {
    links: new Map([['bin', 'usr/bin']]),
    folders: ['/usr'],
    devices: ['null'],
    etc: { files: new Map([['ssl/openssl.cnf', Buffer.from('cnf')]]), folders: new Map(), localtime: undefined },
  };
  const old = process.umask(0o077);
  try {
    makeSkeleton(
      root,
      view,
      ['/usr', '/dev/null', '/deep/er/place'],
      makeOwnEtc({ uid: 1000, gid: 1001, hostname: 'main1', shell: '/bin/sh' }),
    );
  } finally {
    process.umask(old);
  }
  for (const name of ['', 'usr', 'deep', 'deep/er/place', 'etc/ssl'])
    expect(statSync(join(root, name)).mode & 0o777).toBe(0o755);
  expect(statSync(join(root, 'etc/passwd')).mode & 0o777).toBe(0o644);
  expect(statSync(join(root, 'dev/null')).size).toBe(0);
  expect(readlinkSync(join(root, 'bin'))).toBe('usr/bin');
  expect(readFileSync(join(root, 'etc/ssl/openssl.cnf'), 'utf8')).toBe('cnf');
  expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).toContain('work:x:1000:1001:work:/home/work:/bin/sh\n');
  expect(readFileSync(join(root, 'etc/hosts'), 'utf8')).toContain('127.0.0.1 main1\n');
});
