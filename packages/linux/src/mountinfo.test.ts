import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeMountPath, isInside, mountOf, parseMountinfo, readMounts, unescapeMountPath } from './mountinfo.js';

const TEXT = `22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda1 rw,discard
23 22 0:21 / /proc rw,nosuid - proc proc rw
24 22 0:35 /a\\040b /mnt/with\\040blank\\134 ro,nosuid,nodev - tmpfs none rw,size=4k
25 22 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct
`;

describe('parseMountinfo', () => {
  it('reads fields before and after the optional ones', () => {
    const [root, , blank] = parseMountinfo(TEXT);
    expect(root).toEqual({
      id: 22,
      parentId: 1,
      device: '254:0',
      root: '/',
      mountPoint: '/',
      options: ['rw', 'relatime'],
      fsType: 'ext4',
      source: '/dev/vda1',
      superOptions: ['rw', 'discard'],
    });
    expect(blank).toMatchObject({ root: '/a b', mountPoint: '/mnt/with blank\\', options: ['ro', 'nosuid', 'nodev'] });
  });

  it('refuses what is cut', () => {
    expect(() => parseMountinfo('22 1 254:0 / / rw,relatime shared:1')).toThrowError(
      expect.objectContaining({ code: 'LINUX_BAD_FORMAT' }),
    );
  });

  it('reads this machine', () => {
    expect(mountOf('/', readMounts())?.mountPoint).toBe('/');
    expect(mountOf('/proc/self', readMounts())?.fsType).toBe('proc');
  });
});

it('finds the mount above a path', () => {
  const mounts = parseMountinfo(TEXT);
  expect(mountOf('/proc', mounts)?.id).toBe(23);
  expect(mountOf('/processes', mounts)?.id).toBe(22);
  expect(mountOf('/sys/fs/cgroup/cpu/x', mounts)?.id).toBe(25);
});

it.each([
  ['/a', '/a', true],
  ['/a/b', '/a', true],
  ['/ab', '/a', false],
  ['/', '/a', false],
  ['/a/..b', '/a', true],
  ['/a', '/', true],
])('isInside(%j, %j) is %j', (path, folder, expected) => expect(isInside(path, folder)).toBe(expected));

it('escapes any path so that it reads back the same and is one field of one line', () => {
  fc.assert(
    fc.property(fc.string(), (path) => {
      const escaped = escapeMountPath(path);
      expect(escaped).not.toMatch(/[ \t\n#]/);
      expect(unescapeMountPath(escaped)).toBe(path);
    }),
  );
});
