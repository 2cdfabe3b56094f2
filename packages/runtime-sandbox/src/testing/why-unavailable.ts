import { checkSandbox } from '../host/check-sandbox.js';

/** Why kernels can't run on this machine, or undefined where they can. */
export async function whyUnavailable(): Promise<string | undefined> {
  const missing = (await checkSandbox()).filter((finding) => finding.state === 'missing');
  return missing.length === 0 ? undefined : missing.map(({ message }) => message).join('; ');
}
