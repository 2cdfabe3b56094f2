import { IN_KERNEL_RUNNER_FOLDER } from './places.js';

/** What `init` writes to the book's file `progress/stage`, one line each, when it has come so far. */
export const STAGE_STARTED = 'started';
/** The runner's sockets are bound and the folder that holds them is out of the kernel's sight. */
export const STAGE_READY = 'ready';

/** Exit status of a kernel whose surroundings could not be made; the log says why. */
export const SETUP_FAILED = 125;

/**
 * Ways to switch the loopback device on, by the program that they need; the first that a host has is used. They differ in what
 * hosts have: util-linux has none, and the delivered Node.js can't make the system call.
 */
export const LOOPBACK_PROGRAMS = ['ip', 'ifconfig', 'busybox', 'perl', 'python3'] as const;

export const LOOPBACK_FUNCTION = `
loopback() {
  case $1 in
    ip) ip link set lo up ;;
    ifconfig) ifconfig lo up ;;
    busybox) busybox ip link set lo up ;;
    perl) perl -e 'socket(my $s, 2, 2, 0) && ioctl($s, 0x8914, pack("a16 S x22", "lo", 0x49)) || die "lo: $!\\n"' ;;
    python3) python3 -I -c 'import fcntl,socket,struct; fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8914, struct.pack("16sH22x", b"lo", 0x49))' ;;
    *) return 0 ;;
  esac
}
`;

/**
 * Last step before the runner, run as the kernel's user in a user namespace of its own: forbids further user namespaces, which
 * would give user code the kernel's privileged interfaces, then gives every capability away for good.
 */
export const JAIL_SCRIPT = `echo 0 >/proc/sys/user/max_user_namespaces || exit ${SETUP_FAILED}
exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs "$@"`;

/**
 * Process 1 of a kernel. Makes the kernel's view of the machine, starts the runner in it, takes the runner's folder out of sight,
 * and stays to pass on the request to end, to collect orphans, and to leave with the runner's status.
 */
export const INIT_SCRIPT = `
set -f
umask 022
echo begun >&8
PATH=/usr/sbin:/usr/bin:/sbin:/bin
runner= signalled= stopping=
trap 'signalled=1 stopping=1; [ -z "$runner" ] || kill -TERM "$runner" 2>/dev/null' TERM INT

end() {
  echo ended >&8
  exit "$1"
}
fail() {
  echo "sandbox: $1" >&2
  end ${SETUP_FAILED}
}
${LOOPBACK_FUNCTION}
# The slow programs run side by side.
loopback "$BAI_LOOPBACK" &
loopback_job=$!
mkfifo -m 600 "$BAI_SANDBOX/run/ready" &
fifo_job=$!
{ echo "$BAI_HOSTNAME" >/proc/sys/kernel/hostname || hostname "$BAI_HOSTNAME"; } 2>/dev/null || echo 'sandbox: the host name could not be set' >&2
mount -a -T "$BAI_SANDBOX/mounts" || fail 'a part of the root file system could not be mounted'
wait "$fifo_job" || fail 'the named pipe for the runner could not be made'
cd "$BAI_SANDBOX/root" && pivot_root . mnt && cd / || fail 'the root file system could not be entered'

# Mounts below folders that user code may have written: links in them now lead nowhere but into the kernel itself.
while IFS= read -r target; do
  mkdir -p -- "$target" && cd -P -- "$target" && [ "$PWD" = "$target" ] || fail "the mount point $target is not a plain folder"
  cd /
  mount -T "/mnt$BAI_SANDBOX/late-mounts" "$target" || fail "the folder for $target could not be mounted"
done <"/mnt$BAI_SANDBOX/late-targets"
while read -r options target; do
  mount -o "remount,bind,$options" "$(printf '%b' "$target")" || fail "a mount below a folder could not be restricted"
done <"/mnt$BAI_SANDBOX/remounts"
umount -l /mnt || fail 'the host could not be put out of sight'

# What the agent didn't count would have rights that nobody chose.
count=0
while read -r line; do count=$((count + 1)); done </proc/self/mountinfo
[ "$count" = "$BAI_MOUNT_COUNT" ] || fail "a mount of the host changed meanwhile ($count instead of $BAI_MOUNT_COUNT): try again"
wait "$loopback_job" || echo 'sandbox: the loopback device could not be switched on: programs in this kernel cannot use 127.0.0.1' >&2

if [ -n "$BAI_JAIL" ]; then
  set -- unshare --user --map-user="$BAI_INSIDE_UID" --map-group="$BAI_INSIDE_GID" --keep-caps sh -c "$BAI_JAIL" sh "$@"
else
  [ -n "$BAI_UID" ] || echo 0 >/proc/sys/user/max_user_namespaces || fail 'nested user namespaces could not be forbidden'
  set -- setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs "$@"
fi
[ -z "$BAI_UID" ] || set -- setpriv --reuid="$BAI_UID" --regid="$BAI_GID" --clear-groups "$@"
[ -z "$BAI_CPUSET" ] || set -- taskset -c "$BAI_CPUSET" "$@"
[ -z "$BAI_RLIMITS" ] || { IFS=' '; set -- prlimit $BAI_RLIMITS "$@"; }

# Replaced by the runner, which must see nothing of the host: neither a descriptor nor a variable.
launch() {
  PATH=$BAI_PATH
  export PATH
  unset BAI_SANDBOX BAI_INIT BAI_CGROUP_ENTRANCES BAI_NAMESPACES BAI_HOSTNAME BAI_LOOPBACK BAI_MOUNT_COUNT BAI_JAIL BAI_UID BAI_GID
  unset BAI_INSIDE_UID BAI_INSIDE_GID BAI_CPUSET BAI_RLIMITS BAI_PATH
  cd /home/work
  unset OLDPWD
  exec "$@"
}
launch "$@" </dev/null 3>${IN_KERNEL_RUNNER_FOLDER}/ready 8>&- &
runner=$!
[ -z "$stopping" ] || kill -TERM "$runner"
echo ${STAGE_STARTED} >&8

# From the moment at which the runner is ready, user code may run: the sockets and the log must be out of its reach by then.
(
  trap - TERM INT
  head -c 1 <${IN_KERNEL_RUNNER_FOLDER}/ready >${IN_KERNEL_RUNNER_FOLDER}/byte
  [ -s ${IN_KERNEL_RUNNER_FOLDER}/byte ] || exit 0
  umount -l ${IN_KERNEL_RUNNER_FOLDER} || kill -KILL "$runner"
  echo ${STAGE_READY} >&8
) &

status=
while :; do
  signalled=
  wait "$runner"
  code=$?
  # A signal that came after the runner was collected makes the second wait find nobody.
  [ "$code" = 127 ] && [ -n "$status" ] && break
  status=$code
  [ -n "$signalled" ] || break
done
end "$status"
`;
