import { readFileSync } from 'node:fs';
import type { Allocations } from '@bai/agent-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatResourceText, parseResourceText, type ResourceText } from './resource-text.js';

const {
  resource_txt: [recorded],
}: {
  readonly resource_txt: readonly {
    readonly text: string;
    readonly shares: string;
    readonly reparsed: { readonly slots: Record<string, string>; readonly allocations: Allocations };
    readonly lossy_mem: { readonly in: string; readonly text: string; readonly reparsed_mem: string };
  }[];
} = JSON.parse(readFileSync(new URL('../vectors/resources.json', import.meta.url), 'utf8'));
if (recorded === undefined) throw new Error('no recorded resource.txt');

const example: ResourceText = {
  slots: recorded.reparsed.slots,
  allocations: recorded.reparsed.allocations,
  mounts: [
    { source: '/scratches/k1/config', target: '/home/config', permission: 'ro' },
    { source: 'backendai-krunner.v5.x86_64.ubuntu20.04', target: '/opt/backend.ai', permission: 'ro' },
  ],
};

describe('resource.txt and the recorded text of G3', () => {
  it('is written the same', () => {
    expect(formatResourceText(example)).toBe(recorded.text);
    const shares = { cuda: { 'cuda.shares': { a0: '0.50', a1: '0.30' } } };
    const slots = { cpu: '1', mem: '1', 'cuda.shares': '0.8' };
    expect(formatResourceText({ slots, allocations: shares, mounts: [] })).toBe(recorded.shares);
  });

  it('is read the same', () => {
    expect(parseResourceText(recorded.text)).toEqual(example);
  });

  it('loses the last bytes of memory, as recorded', () => {
    const { in: bytes, text, reparsed_mem } = recorded.lossy_mem;
    const allocations = { cpu: { cpu: { '0': '1' } }, mem: { mem: { root: bytes } } };
    expect(formatResourceText({ slots: { cpu: '1', mem: bytes }, allocations, mounts: [] })).toBe(text);
    expect(parseResourceText(text).allocations['mem']).toEqual({ mem: { root: reparsed_mem } });
  });
});

describe('resource.txt', () => {
  const path = fc.stringMatching(/^\/[A-Za-z0-9._= -]{0,20}$/);
  const whole = fc.nat(1000).map(String);
  const deviceId = fc.stringMatching(/^[a-zA-Z0-9/-]{1,12}$/);
  const resource = fc.record({
    slots: fc.record({ cpu: whole, mem: whole }),
    allocations: fc.record({
      cpu: fc.record({ cpu: fc.dictionary(deviceId, whole, { minKeys: 1 }) }),
      mem: fc.record({ mem: fc.record({ root: fc.nat(60).map((mebibytes) => String(mebibytes * 1024 * 1024)) }) }),
    }),
    mounts: fc.array(
      fc.record({
        source: path,
        target: path,
        permission: fc.constantFrom('ro' as const, 'rw' as const, 'wd' as const),
      }),
    ),
    containerId: fc.stringMatching(/^[0-9a-f]{1,64}$/),
  });

  it('reads what it wrote', () => {
    fc.assert(
      fc.property(resource, (value) => {
        expect(parseResourceText(formatResourceText(value))).toEqual(value);
      }),
    );
  });

  it('writes no line for a slot of which nothing was given', () => {
    const text = formatResourceText({ slots: { cpu: '1', mem: '0' }, allocations: { mem: { mem: {} } }, mounts: [] });
    expect(text).not.toContain('MEM_SHARES');
  });

  it.each(['/a:b', '/a,b', '/a\nSLOTS={}', '/a\rb'])(
    'refuses a mount of %j, which would change what is read',
    (bad) => {
      const write = (mount: { source: string; target: string }) =>
        formatResourceText({ slots: {}, allocations: {}, mounts: [{ ...mount, permission: 'ro' }] });
      expect(() => write({ source: bad, target: '/t' })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      expect(() => write({ source: '/s', target: bad })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    },
  );

  it('takes the last of repeated lines, and passes over lines that are none', () => {
    const text = 'CID=old\nSCRATCH_SIZE=0m\nMOUNTS=\nnonsense\nSLOTS={}\nCPU_SHARES=0:1,:2,3:,4\nCID=new\n';
    expect(parseResourceText(text)).toEqual({
      slots: {},
      allocations: { cpu: { cpu: { '0': '1' } } },
      mounts: [],
      containerId: 'new',
    });
  });

  it.each([
    ['no SLOTS', 'SCRATCH_SIZE=0m\nMOUNTS=\n'],
    ['SLOTS that are cut off', 'SCRATCH_SIZE=0m\nMOUNTS=\nSLOTS={"cpu":'],
    ['SLOTS that are a list', 'SCRATCH_SIZE=0m\nMOUNTS=\nSLOTS=[]'],
    ['an amount that is none', 'SCRATCH_SIZE=0m\nMOUNTS=\nSLOTS={"cpu":"much"}'],
    ['a share that is none', 'SCRATCH_SIZE=0m\nMOUNTS=\nSLOTS={}\nCPU_SHARES=0:x'],
    ['a size that is none', 'SCRATCH_SIZE=0m\nMOUNTS=\nSLOTS={}\nMEM_SHARES=root:1x'],
    ['a mount of two fields', 'SCRATCH_SIZE=0m\nMOUNTS=/a:/b\nSLOTS={}'],
    ['a mount with another permission', 'SCRATCH_SIZE=0m\nMOUNTS=/a:/b:x\nSLOTS={}'],
  ])('says what is wrong with %s', (_, text) => {
    expect(() => parseResourceText(text)).toThrow(expect.objectContaining({ code: 'RESOURCE_TEXT_INVALID' }));
  });
});
