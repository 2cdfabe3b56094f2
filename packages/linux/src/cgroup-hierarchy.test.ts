import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectCgroups } from './cgroup-hierarchy.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bai-linux-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const mount = (type: string, point: string, options: string, fsRoot = '/'): string =>
  `30 20 0:30 ${fsRoot} ${join('/sys/fs/cgroup', point)} rw - ${type} ${type} ${options}\n`;

describe('version 1', () => {
  it('takes the own group of each hierarchy, and the mount point where that has gone', () => {
    write({
      'proc/self/mountinfo': mount('cgroup', 'cpu', 'rw,cpu,cpuacct') + mount('cgroup', 'memory', 'rw,memory'),
      'proc/self/cgroup': '4:memory:/vanished\n3:cpu,cpuacct:/mine\n',
      'sys/fs/cgroup/cpu/mine/cgroup.procs': '',
      'sys/fs/cgroup/memory/cgroup.procs': '',
    });
    expect(detectCgroups(root)).toEqual([
      { version: 1, directory: join(root, 'sys/fs/cgroup/cpu/mine'), controllers: ['cpu', 'cpuacct'] },
      { version: 1, directory: join(root, 'sys/fs/cgroup/memory'), controllers: ['memory'] },
    ]);
  });

  it('sees the own path relative to what a container engine mounted', () => {
    write({
      'proc/self/mountinfo': mount('cgroup', 'pids', 'rw,pids', '/docker/abc'),
      'proc/self/cgroup': '4:pids:/docker/abc/inner\n',
      'sys/fs/cgroup/pids/inner/cgroup.procs': '',
    });
    expect(detectCgroups(root)).toMatchObject([{ directory: join(root, 'sys/fs/cgroup/pids/inner') }]);
  });

  it('finds nothing where named hierarchies only are there, or none', () => {
    expect(detectCgroups(root)).toEqual([]);
    write({
      'proc/self/mountinfo': mount('cgroup', 'systemd', 'rw,name=systemd'),
      'proc/self/cgroup': '1:name=systemd:/\n',
    });
    expect(detectCgroups(root)).toEqual([]);
  });
});

describe('version 2', () => {
  const group = (path: string, controllers: string, enabled: string, members: string): Record<string, string> => ({
    [`sys/fs/cgroup/${path}cgroup.procs`]: members,
    [`sys/fs/cgroup/${path}cgroup.controllers`]: controllers,
    [`sys/fs/cgroup/${path}cgroup.subtree_control`]: enabled,
    ...(path === '' ? {} : { [`sys/fs/cgroup/${path}cgroup.type`]: 'domain' }),
  });
  const all = 'cpuset cpu io memory pids';

  it('uses the root, which may hold processes', () => {
    write({
      'proc/self/mountinfo': mount('cgroup2', '', 'rw'),
      'proc/self/cgroup': '0::/\n',
      ...group('', all, '', '1\n2\n'),
    });
    expect(detectCgroups(root)).toEqual([
      {
        version: 2,
        directory: join(root, 'sys/fs/cgroup'),
        controllers: ['cpu', 'cpuacct', 'cpuset', 'memory', 'pids'],
      },
    ]);
  });

  it('prefers the own group when it was handed over and holds nothing but this process', () => {
    write({
      'proc/self/mountinfo': mount('cgroup2', '', 'rw'),
      'proc/self/cgroup': '0::/agent.service\n',
      ...group('', all, all, '1\n'),
      ...group('agent.service/', all, '', `${process.pid}\n`),
    });
    expect(detectCgroups(root)).toMatchObject([{ directory: join(root, 'sys/fs/cgroup/agent.service') }]);
  });

  it('goes up past a group that other processes share', () => {
    write({
      'proc/self/mountinfo': mount('cgroup2', '', 'rw'),
      'proc/self/cgroup': '0::/session.scope\n',
      ...group('', all, '', '1\n'),
      ...group('session.scope/', 'memory pids', '', `${process.pid}\n1\n`),
    });
    expect(detectCgroups(root)).toMatchObject([{ directory: join(root, 'sys/fs/cgroup') }]);
  });

  it('leaves to version 1 what version 1 has', () => {
    write({
      'proc/self/mountinfo': mount('cgroup2', 'unified', 'rw') + mount('cgroup', 'memory', 'rw,memory'),
      'proc/self/cgroup': '2:memory:/\n0::/\n',
      ...group('unified/', 'memory pids', '', ''),
      'sys/fs/cgroup/memory/cgroup.procs': '',
    });
    expect(detectCgroups(root).map(({ version, controllers }) => ({ version, controllers }))).toEqual([
      { version: 1, controllers: ['memory'] },
      { version: 2, controllers: ['pids'] },
    ]);
  });

  it('finds nothing in a hierarchy without controllers', () => {
    write({
      'proc/self/mountinfo': mount('cgroup2', 'unified', 'rw'),
      'proc/self/cgroup': '0::/\n',
      ...group('unified/', '', '', ''),
    });
    expect(detectCgroups(root)).toEqual([]);
  });
});
