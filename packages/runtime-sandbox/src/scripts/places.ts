/** Where the runner finds the folder of its sockets and its log, until it is ready. */
export const IN_KERNEL_RUNNER_FOLDER = '/run/bai';
/** Descriptor on which the runner says that it is ready. */
export const READY_FD = 3;
/** User and group that a kernel sees itself as, where the runtime may choose. */
export const INSIDE_UID = 1000;
export const IN_KERNEL_HOME = '/home/work';
export const IN_KERNEL_CONFIG = '/home/config';
/** Where the host's programs that the scripts need are looked for; the same places exist in a kernel. */
export const PROGRAM_PATH = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
