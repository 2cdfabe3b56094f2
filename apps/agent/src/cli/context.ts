import type { Printer } from './printer.js';
import type { Shell } from './shell.js';

/** What every command gets. */
export interface CommandContext {
  readonly shell: Shell;
  readonly printer: Printer;
  readonly debug: boolean;
}
