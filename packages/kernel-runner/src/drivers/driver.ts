import type { LogOpcode } from '@bai/kernel-protocol';
import type { Child } from '../process/children.js';
import type { UserProcess } from '../process/user-output.js';

/** Runs code of one kind for query mode. Calls of {@link run} never overlap. */
export interface Driver {
  /** Begins to start the interpreter, so that the first run finds it ready. */
  start(): void;
  /** Runs code to its end. Resolves with the exit code; negative for the signal that killed the interpreter. Never rejects. */
  run(code: string): Promise<number>;
  /** Interrupts the run at work; variables survive. */
  interrupt(): void;
  /** Text for the code that asked for input. */
  input(text: string): void;
  /** Suggestions, empty when there are none or the interpreter is busy. */
  complete(request: CompletionRequest): Promise<readonly string[]>;
}

export interface CompletionRequest {
  readonly code: string;
  /** Offset in `code`, in UTF-16 units. */
  readonly position: number;
}

/** One life of an interpreter. */
export interface Session {
  /** Resolves with the exit code of the code. When the process ends first, it needn't. */
  run(code: string): Promise<number>;
  interrupt(): void;
  complete(request: CompletionRequest): Promise<readonly string[]>;
  /** Resolves with the exit status once the process is gone. */
  readonly exited: Promise<number>;
}

/** What the runner does for drivers. */
export interface DriverHost {
  /** Starts a process whose output goes to the log. */
  spawn(process: UserProcess): Child;
  /** Adds to the log what doesn't come through the pipes. */
  emit(opcode: LogOpcode, payload: Uint8Array): void;
  /** Resolves when all that was written to the pipes is in the log. */
  drained(): Promise<void>;
  /** For the container log. */
  report(message: string): void;
}
