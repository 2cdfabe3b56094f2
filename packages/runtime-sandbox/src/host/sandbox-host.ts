import { RuntimeError } from '@bai/container-runtime';
import type { Logger } from '@bai/core';
import type { UserRange } from '../book/user-pool.js';
import { toFindings } from './check-sandbox.js';
import { type HostProbe, probeHost } from './probe-host.js';

/** Finds out what this machine allows. @throws {RuntimeError} `RUNTIME_UNAVAILABLE` with what to do, where kernels can't run */
export async function openHost(users: UserRange, logger: Logger): Promise<HostProbe> {
  const probe = await probeHost(users.first);
  const findings = toFindings(probe);
  const missing = findings.filter((finding) => finding.state === 'missing');
  if (missing.length > 0) {
    const text = missing.map(({ message, remedy }) => `${message}; to mend it: ${remedy ?? 'unknown'}`).join('. ');
    throw new RuntimeError('RUNTIME_UNAVAILABLE', `the sandbox cannot run here: ${text}`, {
      details: { missing: missing.map(({ name }) => name) },
    });
  }
  for (const { name, message, remedy } of findings.filter((finding) => finding.state === 'limited')) {
    logger.warn('the sandbox is limited here', { limitation: name, message, remedy });
  }
  return probe;
}
