export { describeComputePlugin } from './compute-plugin-suite.js';
export { type FakeHost, makeHostRoot } from './host-root.js';
