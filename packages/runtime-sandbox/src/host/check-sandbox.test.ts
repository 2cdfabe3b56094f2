import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSandbox, toFindings } from './check-sandbox.js';
import { countsPerNamespace, type HostProbe } from './probe-host.js';

const FINE: HostProbe = {
  isRoot: false,
  missingPrograms: [],
  namespacesWork: true,
  jailWorks: true,
  countsProcesses: true,
  loopback: 'ip',
  complaint: '',
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bai-sandbox-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function finding(name: string, probe: Partial<HostProbe>, files: Record<string, string> = {}) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return toFindings({ ...FINE, ...probe }, root).find((candidate) => candidate.name === name);
}

describe('findings', () => {
  it('name missing programs and the packages that have them', () => {
    expect(finding('programs', { missingPrograms: ['unshare', 'mount', 'setpriv'] })).toMatchObject({
      state: 'missing',
      message: expect.stringContaining('unshare, mount, setpriv'),
      remedy: expect.stringContaining('apt-get install util-linux mount '),
    });
  });

  it.each([
    [{ 'proc/sys/user/max_user_namespaces': '0\n' }, 'sysctl -w user.max_user_namespaces='],
    [{ 'proc/sys/kernel/unprivileged_userns_clone': '0\n' }, 'sysctl -w kernel.unprivileged_userns_clone=1'],
    [
      { 'proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n' },
      'kernel.apparmor_restrict_unprivileged_userns=0',
    ],
    [{ '.dockerenv': '' }, '--privileged'],
    [{}, 'run the agent as root'],
  ])('tell an ordinary user how to allow namespaces: %j', (files, remedy) => {
    expect(finding('namespaces', { namespacesWork: false, complaint: 'Operation not permitted' }, files)).toMatchObject(
      {
        state: 'missing',
        message: expect.stringContaining('Operation not permitted'),
        remedy: expect.stringContaining(remedy),
      },
    );
  });

  it('tell root what only the machine around can allow', () => {
    const files = { 'proc/sys/user/max_user_namespaces': '0\n', 'run/.containerenv': '' };
    expect(finding('namespaces', { isRoot: true, namespacesWork: false }, files)?.remedy).toContain('--privileged');
    expect(finding('namespaces', { isRoot: true, namespacesWork: false })?.remedy).toContain('--privileged');
  });

  it('warn of what is weaker, without refusing', () => {
    expect(finding('loopback', { loopback: undefined })).toMatchObject({
      state: 'limited',
      remedy: expect.stringContaining('iproute2'),
    });
    expect(finding('nested-namespaces', { jailWorks: false })?.state).toBe('limited');
    expect(finding('control-groups', {})).toMatchObject({
      state: 'limited',
      remedy: expect.stringContaining('Delegate=yes'),
    });
  });

  it('are all fine on a fine machine but for what this folder lacks', () => {
    expect(
      toFindings(FINE, root)
        .filter((item) => item.state !== 'ok')
        .map((item) => item.name),
    ).toEqual(['control-groups']);
  });
});

it('looks at this machine', async () => {
  const findings = await checkSandbox();
  expect(findings.map((item) => item.name)).toEqual([
    'programs',
    'namespaces',
    'nested-namespaces',
    'loopback',
    'control-groups',
  ]);
  for (const { state, remedy } of findings) if (state === 'missing') expect(remedy).toBeTruthy();
});

it.each([
  ['5.14.0', true],
  ['6.1.0-18-amd64', true],
  ['5.4.0-150-generic', false],
  ['4.18.0-513.el8', false],
])('knows that Linux %s counts per namespace: %j', (release, expected) =>
  expect(countsPerNamespace(release)).toBe(expected),
);
