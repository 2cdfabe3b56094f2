/** What the kernel runner consists of, before it is made able to run in any image. */
export interface RunnerBundle {
  /** Folder with the runner's script, its native addons (`*.node`) and its drivers. Everything in it is delivered. */
  readonly directory: string;
  /** The script to run, relative to `directory`. */
  readonly entry: string;
}
