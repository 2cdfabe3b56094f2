import { describe, expect, it } from 'vitest';
import { checkMountTarget, isLateTarget } from './mount-targets.js';

const mount = (target: string, source = '/srv/data') => ({ name: 'data', source, target, permission: 'rw' as const });

describe('checkMountTarget', () => {
  it.each([
    '/home/work/data',
    '/data',
    '/models/a/b',
    '/opt/tools',
    '/var/lib/x',
    '/home/other',
    '/tmp/x',
    '/home/work/..x',
  ])('allows %j', (target) => expect(() => checkMountTarget(mount(target), ['/opt/backend.ai'])).not.toThrow());

  it.each([
    '',
    'data',
    '/',
    '/home',
    '/home/work',
    '/home/config',
    '/home/config/x',
    '/home/work/../../etc',
    '/home/work/',
    '/home//work/x',
    '/home/work/./x',
    '/home/work/a\nb',
    '/home/work/a\0b',
    '/etc',
    '/etc/passwd',
    '/usr/bin',
    '/bin/x',
    '/lib64',
    '/proc/1',
    '/sys',
    '/dev/null',
    '/run/bai',
    '/run',
    '/mnt',
    '/mnt/x',
    '/opt',
    '/opt/backend.ai',
    '/opt/backend.ai/lib',
    '/var',
    '/tmp',
    '/root',
    '/root/.pyenv',
  ])('refuses %j', (target) => {
    const check = () => checkMountTarget(mount(target), ['/opt/backend.ai', '/root/.pyenv/versions/3.11']);
    expect(check).toThrowError(expect.objectContaining({ code: 'CONTAINER_CREATE_FAILED' }));
  });

  it.each(['data', '/a\nb'])('refuses the source %j', (source) => {
    expect(() => checkMountTarget(mount('/data', source), [])).toThrowError(/data/);
  });
});

it('knows which mount points can only be made inside', () => {
  const mounts = [mount('/data'), mount('/data/sub'), mount('/home/work/x'), mount('/database')];
  expect(mounts.map(({ target }) => isLateTarget(target, mounts))).toEqual([false, true, true, false]);
});
