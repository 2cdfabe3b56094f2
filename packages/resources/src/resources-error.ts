import { BaiError, type BaiErrorOptions } from '@bai/core';

/** Closed list of what can be wrong with the host or with a file, as opposed to a kernel's request. */
export type ResourcesErrorCode = 'HOST_UNREADABLE' | 'OVERCOMMIT_INVALID' | 'RESOURCE_TEXT_INVALID';

export class ResourcesError extends BaiError {
  declare readonly code: ResourcesErrorCode;

  constructor(code: ResourcesErrorCode, message: string, options?: BaiErrorOptions) {
    super(code, message, options);
  }
}
