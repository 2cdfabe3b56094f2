import { join } from 'node:path';
import { detectCgroups, readKernelFile, readKernelNumber } from '@bai/linux';
import { DEFAULT_USER_RANGE } from '../book/user-pool.js';
import { type HostProbe, NEEDED_PROGRAMS, probeHost } from './probe-host.js';

/** One thing that the sandbox needs of a machine. */
export interface SandboxFinding {
  readonly name: 'programs' | 'namespaces' | 'nested-namespaces' | 'loopback' | 'control-groups';
  /** `missing`: no kernel can run. `limited`: kernels run with less. */
  readonly state: 'ok' | 'limited' | 'missing';
  readonly message: string;
  /** The command or the change that mends it. */
  readonly remedy?: string;
}

/** Says what this machine lacks to run kernels in the sandbox, and how to mend it. */
export async function checkSandbox(): Promise<SandboxFinding[]> {
  return toFindings(await probeHost(DEFAULT_USER_RANGE.first));
}

/** @param root where `/proc` and `/sys` are read */
export function toFindings(probe: HostProbe, root = '/'): SandboxFinding[] {
  return [
    checkPrograms(probe),
    checkNamespaces(probe, root),
    checkJail(probe),
    checkLoopback(probe),
    checkControlGroups(probe, root),
  ];
}

function checkPrograms({ missingPrograms }: HostProbe): SandboxFinding {
  if (missingPrograms.length === 0) return { name: 'programs', state: 'ok', message: 'all programs are installed' };
  const packages = [...new Set(missingPrograms.map((name) => NEEDED_PROGRAMS[name]))].join(' ');
  return {
    name: 'programs',
    state: 'missing',
    message: `programs are missing: ${missingPrograms.join(', ')}`,
    remedy: `install them: apt-get install ${packages} (Debian, Ubuntu), dnf install util-linux coreutils (Fedora, RHEL), apk add util-linux coreutils (Alpine)`,
  };
}

function checkNamespaces(probe: HostProbe, root: string): SandboxFinding {
  if (probe.namespacesWork) return { name: 'namespaces', state: 'ok', message: 'own namespaces can be made' };
  const complaint = probe.complaint === '' ? '' : ` (${probe.complaint})`;
  return {
    name: 'namespaces',
    state: 'missing',
    message: probe.isRoot
      ? `this machine forbids namespaces even to root${complaint}`
      : `this machine forbids namespaces to users other than root${complaint}`,
    remedy: namespaceRemedy(probe.isRoot, root),
  };
}

/** The settings by which distributions forbid user namespaces, each with the command that allows them. */
function namespaceRemedy(isRoot: boolean, root: string): string {
  const setting = (name: string): number | undefined => readKernelNumber(join(root, 'proc/sys', name));
  if (!isRoot && setting('user/max_user_namespaces') === 0) return 'sudo sysctl -w user.max_user_namespaces=15000';
  if (!isRoot && setting('kernel/unprivileged_userns_clone') === 0)
    return 'sudo sysctl -w kernel.unprivileged_userns_clone=1';
  if (!isRoot && setting('kernel/apparmor_restrict_unprivileged_userns') === 1) {
    return 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  }
  if (isInContainer(root)) {
    return 'in a container: start it with --privileged, or use the Docker runtime; on a machine of your own: run the agent there';
  }
  return isRoot
    ? 'run the agent with all capabilities, or use the Docker runtime'
    : 'run the agent as root, or use the Docker runtime';
}

function isInContainer(root: string): boolean {
  const hints = ['.dockerenv', 'run/.containerenv'].map((name) => readKernelFile(join(root, name)));
  return (
    hints.some((hint) => hint !== undefined) ||
    /docker|lxc|kubepods/.test(readKernelFile(join(root, 'proc/1/cgroup')) ?? '')
  );
}

function checkJail(probe: HostProbe): SandboxFinding {
  const name = 'nested-namespaces';
  if (probe.jailWorks) return { name, state: 'ok', message: 'user code is kept from making namespaces of its own' };
  if (!probe.namespacesWork) return { name, state: 'limited', message: 'not tried, as namespaces do not work' };
  return {
    name,
    state: 'limited',
    message: probe.isRoot
      ? 'users other than root can make no user namespaces here, so user code cannot either'
      : 'user code sees itself as root of its namespace (without any capability)',
  };
}

function checkLoopback(probe: HostProbe): SandboxFinding {
  if (probe.loopback !== undefined)
    return { name: 'loopback', state: 'ok', message: `switched on by ${probe.loopback}` };
  return {
    name: 'loopback',
    state: 'limited',
    message: 'programs in a kernel cannot talk to each other over 127.0.0.1',
    remedy: 'install one of ip (iproute2), ifconfig (net-tools), busybox, perl, python3 in /usr/bin',
  };
}

function checkControlGroups({ isRoot }: HostProbe, root: string): SandboxFinding {
  const found = new Set(detectCgroups(root).flatMap((parent) => parent.controllers));
  const missing = (['cpu', 'memory', 'pids'] as const).filter((controller) => !found.has(controller));
  const name = 'control-groups';
  if (missing.length === 0)
    return { name, state: 'ok', message: 'limits of processor time, memory and processes are enforced' };
  return {
    name,
    state: 'limited',
    message: `limits are not enforced for: ${missing.join(', ')}`,
    remedy: isRoot
      ? 'mount a cgroup file system with these controllers at /sys/fs/cgroup'
      : 'run the agent as a systemd service with Delegate=yes, for example: systemd-run --user -p Delegate=yes bai-agent start',
  };
}
