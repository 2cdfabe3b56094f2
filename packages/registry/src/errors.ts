import { BaiError, type BaiErrorOptions } from '@bai/core';

/** Closed list of what reading and writing cluster configuration may fail with. */
export type RegistryErrorCode = 'REGISTRY_INVALID_KEY' | 'REGISTRY_UNAVAILABLE' | 'REGISTRY_CLOSED';

export class RegistryError extends BaiError {
  declare readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, options?: BaiErrorOptions) {
    super(code, message, options);
  }
}

export const registryClosed = (): RegistryError =>
  new RegistryError('REGISTRY_CLOSED', 'the registry is closed: open a new one');
