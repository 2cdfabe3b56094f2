/** Namespaces that each kernel has to itself. */
const OWN = ['--mount', '--pid', '--ipc', '--uts', '--net', '--cgroup'];

/**
 * Arguments of `unshare` for a kernel. Process 1 dies with `unshare`, so that nothing can outlive both it and the supervisor.
 * Without root, a user namespace comes first: in it the agent's own user may do the rest.
 */
export const namespaceArguments = (isRoot: boolean): string[] => [
  ...(isRoot ? [] : ['--user', '--map-root-user']),
  ...OWN,
  '--fork',
  '--kill-child=KILL',
];
