/**
 * Runs on the host, outside of every namespace, one per kernel, and outlives the daemon. It writes down who it is, starts the
 * namespaces with `init` in them, and writes down how they ended.
 *
 * Everything that varies comes in the environment (`BAI_…`) or as arguments (the runner's command line), never by text put into
 * a script: paths may hold any character. `BAI_SANDBOX`, the folder of the kernel's book, is also the mark by which the processes
 * of a kernel are found when a file wasn't written yet.
 */
export const SUPERVISOR_SCRIPT = `
set -f
umask 077
trap : HUP INT TERM QUIT
read -r boot </proc/sys/kernel/random/boot_id

# Prints "PID STARTTICKS BOOTID" of a process.
identity() {
  read -r stat <"/proc/$1/stat" || return
  set -- "$1" \${stat##*") "}
  echo "$1 \${21} $boot"
}

identity $$ >"$BAI_SANDBOX/progress/supervisor"

# The subshell moves itself into the control groups, then becomes unshare: all that follows is born there. The supervisor stays
# outside, so that a kernel without memory can't take it along.
(
  IFS='
'
  for entrance in $BAI_CGROUP_ENTRANCES; do echo 0 >"$entrance" || exit 125; done
  IFS=' '
  exec unshare $BAI_NAMESPACES sh -s -- "$@" <"$BAI_INIT" 8>>"$BAI_SANDBOX/progress/stage"
) &
keeper=$!
identity "$keeper" >"$BAI_SANDBOX/progress/keeper" 2>/dev/null

# A signal to the supervisor only interrupts the wait.
while :; do
  wait "$keeper"
  status=$?
  kill -0 "$keeper" 2>/dev/null || break
done
# When process 1 was killed, some versions of unshare fail at passing on the signal and end with 1.
begun= ended=
while read -r stage; do
  case $stage in begun) begun=1 ;; ended) ended=1 ;; esac
done <"$BAI_SANDBOX/progress/stage"
[ -z "$begun" ] || [ -n "$ended" ] || status=137
echo "$status" >"$BAI_SANDBOX/progress/exit.new" && mv "$BAI_SANDBOX/progress/exit.new" "$BAI_SANDBOX/progress/exit"
`;
