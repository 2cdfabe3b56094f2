import { expect } from 'vitest';
import type { RuntimeErrorCode } from '../../errors.js';
import type { RuntimeBench } from '../runtime-bench.js';

/** Declares one test of the suite, with a bench of its own. */
export type RuntimeTest = (title: string, body: (bench: RuntimeBench) => Promise<void>) => void;

export async function expectCode(call: Promise<unknown>, code: RuntimeErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({ code });
}
