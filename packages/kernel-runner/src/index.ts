export { bundleDirectory, RUNNER_SCRIPT } from './bundle-directory.js';
export { RunnerError } from './errors.js';
