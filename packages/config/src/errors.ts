import { BaiError, type BaiErrorOptions } from '@bai/core';
import { formatProblem, type Problem } from './problems.js';

export type ConfigErrorCode = 'CONFIG_INVALID' | 'CONFIG_NOT_FOUND' | 'CONFIG_UNREADABLE';

/** The configuration can't be used. `problems` has everything that is wrong with it, in the order of the file. */
export class ConfigError extends BaiError {
  declare readonly code: ConfigErrorCode;
  readonly problems: readonly Problem[];

  constructor(
    code: ConfigErrorCode,
    message: string,
    problems: readonly Problem[] = [],
    options: BaiErrorOptions = {},
  ) {
    super(code, message, { ...options, details: { problems: problems.map(formatProblem), ...options.details } });
    this.problems = problems;
  }
}

/** One error for all problems of a configuration. */
export function invalidConfig(problems: readonly Problem[]): ConfigError {
  const what = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  const lines = problems.map((problem) => `  ${formatProblem(problem)}`);
  return new ConfigError('CONFIG_INVALID', [`the configuration has ${what}:`, ...lines].join('\n'), problems);
}
