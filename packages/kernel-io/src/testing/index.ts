export { defaultProgram, type Program, type ScriptContext } from './programs.js';
export { type ReceivedMessage, ScriptedRunner, type ScriptedRunnerOptions } from './scripted-runner.js';
