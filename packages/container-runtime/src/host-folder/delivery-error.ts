import { describeError } from '@bai/core';
import { RuntimeError } from '../errors.js';

/** The runner can't be delivered; the message says what is wrong with which file. */
export const deliveryFailed = (problem: string, cause?: unknown): RuntimeError =>
  new RuntimeError(
    'RUNNER_DELIVERY_FAILED',
    `the kernel runner could not be delivered: ${problem}${cause === undefined ? '' : ` (${describeError(cause)})`}`,
    { cause },
  );
