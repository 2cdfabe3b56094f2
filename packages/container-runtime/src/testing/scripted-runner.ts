import { fileURLToPath } from 'node:url';
import type { RunnerBundle } from '../host-folder/runner-bundle.js';
import type { RunnerFolder } from '../port.js';
import type { Behaviour } from './runtime-harness.js';

/** A runner that plays the behaviours of the suite, to be delivered like the real one by any `RunnerSource`. */
export const scriptedRunnerBundle: RunnerBundle = {
  directory: fileURLToPath(new URL('../../scripted-runner', import.meta.url)),
  entry: 'runner.mjs',
};

/** Makes a delivered {@link scriptedRunnerBundle} play one behaviour: `program: (behaviour) => scriptedRunner(folder, behaviour)`. */
export function scriptedRunner(folder: RunnerFolder, behaviour: Behaviour): RunnerFolder {
  if (behaviour === 'missing') return { ...folder, command: [`${folder.mountPoint}/bin/no-such-program`] };
  return { ...folder, command: [...folder.command, behaviour] };
}
