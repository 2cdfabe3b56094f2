/** One entry of a folder. Times are seconds since the epoch. @see spec/02 §7.12 */
export interface FileEntry {
  readonly filename: string;
  /** As `ls -l` writes it: `-rw-r--r--`. */
  readonly mode: string;
  readonly size: number;
  readonly ctime: number;
  readonly mtime: number;
  readonly atime: number;
}

export interface FileListing {
  readonly files: readonly FileEntry[];
  /** Text of what went wrong, empty when nothing did. */
  readonly errors: string;
  /** The path as it was requested. */
  readonly path: string;
}
