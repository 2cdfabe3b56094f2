export { exampleCreateCommand, exampleCreatedKernel, exampleExecuteCommand, exampleResult } from './examples.js';
export { RecordingAgent } from './recording-agent.js';
export { loadVectors, type Vector } from './vectors.js';
