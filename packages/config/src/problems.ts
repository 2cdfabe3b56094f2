/** Where a value came from. Lines and columns count from 1. */
export type Origin =
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'flag'; readonly name: string }
  /** The value isn't kept: it may be a secret. */
  | { readonly kind: 'set'; readonly key: string }
  | { readonly kind: 'default' };

/** One thing that is wrong, or worth knowing, in a configuration. */
export interface Problem {
  readonly origin: Origin;
  /** Canonical dotted key; empty when the file as a whole is meant. */
  readonly key: string;
  /** What is wrong and what is expected. */
  readonly message: string;
}

export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`;
    case 'environment':
      return `environment variable ${origin.name}`;
    case 'flag':
      return `option --${origin.name}`;
    case 'set':
      return `--set ${origin.key}`;
    case 'default':
      return 'default';
  }
}

/** One line: `agent.toml:3:1: agent.id: must be text, got 5`. */
export function formatProblem({ origin, key, message }: Problem): string {
  return [formatOrigin(origin), key, message].filter((part) => part !== '').join(': ');
}
