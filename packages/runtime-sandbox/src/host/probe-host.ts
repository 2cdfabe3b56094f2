import { execFile } from 'node:child_process';
import { release } from 'node:os';
import { findPrograms } from '../images/find-programs.js';
import { JAIL_SCRIPT, LOOPBACK_FUNCTION, LOOPBACK_PROGRAMS } from '../scripts/init.js';
import { INSIDE_UID, PROGRAM_PATH } from '../scripts/places.js';
import { namespaceArguments } from './namespaces.js';

/** Programs that the scripts call, with the Debian package that has them. */
export const NEEDED_PROGRAMS = {
  unshare: 'util-linux',
  setpriv: 'util-linux',
  pivot_root: 'util-linux',
  prlimit: 'util-linux',
  taskset: 'util-linux',
  mount: 'mount',
  umount: 'mount',
  mkfifo: 'coreutils',
  head: 'coreutils',
  mkdir: 'coreutils',
  mv: 'coreutils',
  sh: 'dash',
} as const;

export type NeededProgram = keyof typeof NEEDED_PROGRAMS;

/** What this machine lets the agent do, found by doing it once. */
export interface HostProbe {
  readonly isRoot: boolean;
  readonly missingPrograms: readonly NeededProgram[];
  /** Namespaces, mounts and the loss of privileges work. */
  readonly namespacesWork: boolean;
  /** A user namespace around the runner works, which forbids further ones. */
  readonly jailWorks: boolean;
  /** `RLIMIT_NPROC` counts the processes of one kernel: they are a user's own, or the machine counts per user namespace. */
  readonly countsProcesses: boolean;
  /** How to switch the loopback device on, or undefined where nothing can. */
  readonly loopback: string | undefined;
  /** What the programs said, for people. */
  readonly complaint: string;
}

const PROBE_MS = 20_000;

/** Run in new namespaces; prints a word for each thing that works. Arguments: user of the jail (empty: stay), loopback program, jail script. */
const PROBE_SCRIPT = `
case $(mount --version) in *util-linux*) ;; *) echo 'mount is not that of util-linux' >&2; exit 1 ;; esac
mount -t proc proc /proc || exit 1
setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs true || exit 1
echo namespaces
${LOOPBACK_FUNCTION}
[ -z "$2" ] || ! loopback "$2" || echo loopback
uid=$1
set -- unshare --user --map-user=${INSIDE_UID} --map-group=${INSIDE_UID} --keep-caps sh -c "$3" sh echo jail
[ -z "$uid" ] || set -- setpriv --reuid="$uid" --regid="$uid" --clear-groups "$@"
"$@"
exit 0
`;

/** @param kernelUid a user that kernels will have, where the agent is root */
export async function probeHost(kernelUid: number): Promise<HostProbe> {
  const isRoot = process.geteuid?.() === 0;
  const path = PROGRAM_PATH.join(':');
  const missing = (name: string): boolean => findPrograms([name], path).length === 0;
  const missingPrograms = (Object.keys(NEEDED_PROGRAMS) as NeededProgram[]).filter(missing);
  const loopback = LOOPBACK_PROGRAMS.find((name) => !missing(name));
  if (missingPrograms.length > 0) {
    const nothing = { namespacesWork: false, jailWorks: false, countsProcesses: false, complaint: '' };
    return { isRoot, missingPrograms, loopback, ...nothing };
  }
  const uid = isRoot ? String(kernelUid) : '';
  const scriptArguments = [uid, loopback ?? '', JAIL_SCRIPT];
  const args = [...namespaceArguments(isRoot), 'sh', '-c', PROBE_SCRIPT, 'sh', ...scriptArguments];
  const { words, complaint } = await run('unshare', args, { PATH: path });
  return {
    isRoot,
    missingPrograms,
    namespacesWork: words.includes('namespaces'),
    jailWorks: words.includes('jail'),
    countsProcesses: isRoot || (words.includes('jail') && countsPerNamespace(release())),
    loopback: words.includes('loopback') ? loopback : undefined,
    complaint,
  };
}

/** Since Linux 5.14. */
export function countsPerNamespace(kernelRelease: string): boolean {
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10));
  return major > 5 || (major === 5 && minor >= 14);
}

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ words: string[]; complaint: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout: PROBE_MS, killSignal: 'SIGKILL', cwd: '/' }, (error, stdout, stderr) => {
      const reason = stderr.trim() || (error?.message ?? '');
      resolve({ words: stdout.split('\n'), complaint: reason.split('\n').slice(0, 3).join('; ') });
    });
  });
}
