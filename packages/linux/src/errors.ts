import { BaiError, type BaiErrorOptions } from '@bai/core';

/** Closed list of what reading and writing Linux facts may fail with. */
export type LinuxErrorCode = 'LINUX_BAD_FORMAT' | 'CGROUP_FAILED';

/** Something in `/proc`, `/sys` or a cgroup that isn't what it must be. */
export class LinuxError extends BaiError {
  declare readonly code: LinuxErrorCode;

  constructor(code: LinuxErrorCode, message: string, options?: BaiErrorOptions) {
    super(code, message, options);
  }
}
