import { extname } from 'node:path';
import { UsageError } from '../cli/endings.js';

export const RUNTIME_TYPES = ['python', 'nodejs', 'shell'] as const;
export type RuntimeType = (typeof RUNTIME_TYPES)[number];

const BY_EXTENSION: Readonly<Record<string, RuntimeType>> = {
  '.py': 'python',
  '.js': 'nodejs',
  '.mjs': 'nodejs',
  '.cjs': 'nodejs',
  '.sh': 'shell',
};

/** The interpreter for a file. @throws {UsageError} when its name doesn't tell */
export function runtimeTypeOf(file: string): RuntimeType {
  const type = BY_EXTENSION[extname(file).toLowerCase()];
  if (type !== undefined) return type;
  const known = Object.keys(BY_EXTENSION).join(', ');
  throw new UsageError(
    `the name ${file} doesn't tell what runs it (known are ${known}): say it with --runtime-type ${RUNTIME_TYPES.join('|')}`,
  );
}

export const imageOf = (type: RuntimeType): string => `host/${type}`;
