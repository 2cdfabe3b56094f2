export { describeContainerRuntime } from './describe-container-runtime.js';
export { describeRunnerSource, type RunnerSourceHarness, type RunnerSourceSetup } from './describe-runner-source.js';
export {
  type Behaviour,
  type InsideReport,
  REPORTED_PLACES,
  type RuntimeHarness,
  type RuntimeSetup,
  type RuntimeSuiteOptions,
} from './runtime-harness.js';
export { scriptedRunner, scriptedRunnerBundle } from './scripted-runner.js';
