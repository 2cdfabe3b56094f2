import { describe, expect, it } from 'vitest';
import { parseProcessStatus, readProcessStatus } from './proc-status.js';

const TEXT = [
  'Name:\tnode',
  'State:\tS (sleeping)',
  'NSpid:\t4242\t17\t1',
  'Uid:\t0\t200001\t200001\t200001',
  'Gid:\t0\t300\t300\t300',
  'VmHWM:\t  2048 kB',
  'VmRSS:\t   1024 kB',
  'CapEff:\t000001ffffffffff',
  'CapBnd:\t0000000000000000',
  'NoNewPrivs:\t1',
  'Cpus_allowed_list:\t0-3,8',
].join('\n');

describe('parseProcessStatus', () => {
  it('takes effective ids, bytes and sets', () => {
    expect(parseProcessStatus(TEXT)).toEqual({
      uid: 200001,
      gid: 300,
      residentBytes: 1024 * 1024,
      peakResidentBytes: 2048 * 1024,
      namespacePids: [4242, 17, 1],
      noNewPrivileges: true,
      effectiveCapabilities: 0x1ffffffffffn,
      boundingCapabilities: 0n,
      allowedCpus: '0-3,8',
    });
  });

  it('leaves out what a kernel thread or an old kernel lacks', () => {
    const status = parseProcessStatus('Name:\tkthreadd\nUid:\t0\t0\t0\t0\n');
    expect(status).toMatchObject({ uid: 0, residentBytes: undefined, namespacePids: [], noNewPrivileges: false });
    expect(status.gid).toBeNaN();
  });
});

describe('readProcessStatus', () => {
  it('reads this process', () => {
    const status = readProcessStatus('self');
    expect(status?.uid).toBe(process.geteuid?.());
    expect(status?.residentBytes).toBeGreaterThan(1024 * 1024);
  });

  it('answers undefined for nobody', () => expect(readProcessStatus(2 ** 30)).toBeUndefined());
});
