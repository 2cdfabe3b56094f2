/** An interpreter of the host that kernels can run, with the folders that it needs besides `/usr`. */
export interface Interpreter {
  readonly runtimeType: 'python' | 'nodejs' | 'shell';
  /** Absolute path, the same on the host and in a kernel. */
  readonly path: string;
  readonly version: string;
  /** Real folders outside of the system's, to be shown at the same path. */
  readonly folders: readonly string[];
}
