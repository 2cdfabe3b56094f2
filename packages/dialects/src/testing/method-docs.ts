import type { Parameter } from '../arguments.js';
import { errorNames } from '../failure.js';
import type { Generation, Method } from '../methods/method.js';
import { METHODS } from '../methods/method-table.js';

/** The generated parts of docs/rpc.md: what is served, what comes later, and what errors are called. */
export function documentMethods(): readonly string[] {
  const served = METHODS.filter(isServed);
  return [
    table(
      ['Method', 'Does', 'G2 arguments', 'G3 arguments'],
      served.map((method) => [`\`${method.name}\``, method.summary, form(method, 'G2'), form(method, 'G3')]),
    ),
    table(
      ['Method', 'Known to'],
      METHODS.filter((method) => !isServed(method)).map((method) => [`\`${method.name}\``, generations(method)]),
    ),
    table(
      ['Code', 'G2', 'G3'],
      errorNames().map(({ code, G2, G3 }) => [`\`${code}\``, `\`${G2}\``, `\`${G3}\``]),
    ),
  ];
}

const isServed = ({ G2, G3 }: Method): boolean => [G2, G3].some((entry) => entry !== undefined && entry !== 'later');

function form(method: Method, generation: Generation): string {
  const entry = method[generation];
  if (entry === undefined || entry === 'later') return '-';
  return entry.parameters.map(parameter).join(', ') || 'none';
}

function parameter({ name, type, fallback }: Parameter<unknown>): string {
  return fallback === undefined ? `\`${name}\`: ${type}` : `\`${name}\`: ${type} = ${JSON.stringify(fallback.value)}`;
}

const generations = (method: Method): string =>
  (['G2', 'G3'] as const).filter((generation) => method[generation] !== undefined).join(', ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
