import { fileURLToPath } from 'node:url';
import type { RunnerFolder } from '../port.js';
import type { Behaviour } from './runtime-harness.js';

/** Bundle folder of a runner that plays the behaviours of the suite, to be delivered like the real one. Its script is `runner.mjs`. */
export const scriptedRunnerBundle = fileURLToPath(new URL('../../scripted-runner', import.meta.url));

/** Makes a delivered {@link scriptedRunnerBundle} play one behaviour. */
export function scriptedRunner(folder: RunnerFolder, behaviour: Behaviour): RunnerFolder {
  if (behaviour === 'missing') return { ...folder, command: [`${folder.mountPoint}/bin/no-such-program`] };
  return { ...folder, command: [...folder.command, behaviour] };
}
