export { describeContainerRuntime } from './describe-container-runtime.js';
export {
  type Behaviour,
  type InsideReport,
  REPORTED_PLACES,
  type RuntimeHarness,
  type RuntimeSetup,
  type RuntimeSuiteOptions,
} from './runtime-harness.js';
export { scriptedRunner, scriptedRunnerBundle } from './scripted-runner.js';
