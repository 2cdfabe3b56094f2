import { parseMountinfo } from '@bai/linux';
import { describe, expect, it } from 'vitest';
import { bindLine, countMounts, deviceLine, toFstab, toRemounts, virtualLine } from './mount-line.js';

const MOUNTS = parseMountinfo(`1 0 8:1 / / rw - ext4 /dev/sda rw
2 1 8:2 / /data rw,noexec,relatime - ext4 /dev/sdb rw
3 2 8:3 / /data/a\\040b ro,nosuid - ext4 /dev/sdc rw
4 1 8:4 / /datas rw - ext4 /dev/sdd rw
`);

describe('binds', () => {
  it('add restrictions and keep those of the host', () => {
    expect(bindLine('/home', '/h', 'rw', MOUNTS).options).toEqual(['bind', 'nosuid', 'nodev']);
    expect(bindLine('/home', '/h', 'ro', MOUNTS).options).toEqual(['bind', 'ro', 'nosuid', 'nodev']);
    expect(bindLine('/data/x', '/h', 'rw', MOUNTS).options).toEqual(['bind', 'nosuid', 'nodev', 'noexec']);
    expect(bindLine('/data/a b', '/h', 'rw', MOUNTS).options).toEqual(['bind', 'nosuid', 'nodev', 'ro']);
  });

  it('take mounts below along, and leave their restriction to a second step', () => {
    const line = bindLine('/data', '/home/work/x', 'ro', MOUNTS);
    expect(line.options).toEqual(['rbind', 'ro', 'nosuid', 'nodev', 'noexec']);
    expect(toRemounts([line], MOUNTS)).toBe('ro,nosuid,nodev /home/work/x/a\\0040b\n');
    expect(toRemounts([bindLine('/datas', '/x', 'ro', MOUNTS)], MOUNTS)).toBe('');
  });

  it('of the root have every other mount below them', () => {
    const line = bindLine('/', '/host', 'ro', MOUNTS);
    expect(toRemounts([line], MOUNTS).split('\n')).toEqual([
      'ro,nosuid,nodev,noexec /host/data',
      'ro,nosuid,nodev /host/data/a\\0040b',
      'ro,nosuid,nodev /host/datas',
      '',
    ]);
  });

  it('are counted with what comes along', () => {
    const lines = [bindLine('/data', '/x', 'ro', MOUNTS), deviceLine('null'), virtualLine('proc', '/proc')];
    expect(countMounts(lines, MOUNTS)).toBe(4);
  });
});

describe('toFstab', () => {
  it('escapes what a table would take apart, and prefixes places of the host only', () => {
    const lines = [bindLine('/home/a b\\#', '/', 'ro', MOUNTS), virtualLine('tmpfs', '/tmp', 'size=1')];
    expect(toFstab(lines, '/book/root', '/mnt')).toBe(
      '/mnt/home/a\\040b\\134\\043 /book/root none bind,ro,nosuid,nodev 0 0\ntmpfs /book/root/tmp tmpfs nosuid,size=1 0 0\n',
    );
  });

  it('has targets as they are inside without a prefix', () => {
    expect(toFstab([bindLine('/home', '/home/work/x', 'rw', MOUNTS)], '', '/mnt')).toMatch(
      /^\/mnt\/home \/home\/work\/x none/,
    );
  });
});
