export { runCommandLine } from './cli/command-line.js';
export { EXIT } from './cli/endings.js';
export type { Input, Shell, StopSignal } from './cli/shell.js';
