import { describe, expect, it } from 'vitest';
import { configSchema } from './schema/config.js';
import { defaultStateDir, toSettings } from './settings.js';

const AROUND = { env: {}, cwd: '/work', home: '/home/u', isRoot: false };

describe('the folder of the state', () => {
  it.each([
    [{ isRoot: true }, '/var/lib/bai-agent'],
    [{ isRoot: false }, '/home/u/.local/state/bai-agent'],
    [{ isRoot: false, env: { XDG_STATE_HOME: '/x' } }, '/x/bai-agent'],
    [{ isRoot: false, env: { XDG_STATE_HOME: 'relative' } }, '/home/u/.local/state/bai-agent'],
    [{ isRoot: true, env: { XDG_STATE_HOME: '/x' } }, '/var/lib/bai-agent'],
  ])('%j', (around, expected) => {
    expect(defaultStateDir({ ...AROUND, ...around })).toBe(expected);
  });
});

describe('toSettings', () => {
  const settings = (config: unknown) => toSettings(configSchema.parse(config), AROUND);

  it('makes paths absolute', () => {
    expect(
      settings({ agent: { 'state-dir': '~/s', 'pid-file': 'a.pid' }, container: { 'scratch-root': '../x' } }),
    ).toMatchObject({ stateDir: '/home/u/s', pidFile: '/work/a.pid', scratchRoot: '/x' });
  });

  it('puts scratches below the state', () => {
    expect(settings({ agent: { 'state-dir': '/s' } }).scratchRoot).toBe('/s/scratches');
  });

  it.each([
    ['keep', 'keep'],
    ['destroy', 'destroy'],
    ['auto', 'keep'],
  ])('on-stop %s means %s without a cluster', (written, meant) => {
    expect(settings({ agent: { 'on-stop': written } }).onStop).toBe(meant);
  });

  it('turns seconds into milliseconds, and 0 processes into no limit', () => {
    expect(
      settings({
        'kernel-lifecycles': { 'init-timeout-sec': 1.5, 'stop-grace-sec': 0 },
        container: { 'process-limit': 0 },
      }),
    ).toMatchObject({ startupTimeoutMs: 1500, stopGraceMs: 0, processLimit: undefined });
  });
});
