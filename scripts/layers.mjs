// Checks the imports of all packages against .dependency-cruiser.cjs.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main, root, runQuiet, StepError, step } from './steps.mjs';

/** Fewer would mean that the cruiser can't read TypeScript: it says nothing then, and finds nothing. */
const LEAST_MODULES = 100;

/**
 * Cruises the sources of a workspace.
 * @param {string} workspace its root folder, with a `.dependency-cruiser.cjs`
 * @returns {Promise<{ modules: number, violations: { rule: string, from: string, to: string }[] }>}
 */
export async function cruise(workspace) {
  const sources = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(workspace, group)).map((name) => `${group}/${name}/src`),
  );
  const program = join(root, 'node_modules/.bin/depcruise');
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...sources];
  const { summary } = JSON.parse(await runQuiet(program, args, { cwd: workspace }));
  const violations = summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
  return { modules: summary.totalCruised, violations };
}

export async function checkLayers() {
  const { modules, violations } = await cruise(root);
  if (modules < LEAST_MODULES) throw new StepError(`only ${modules} modules were read: the check sees nothing`);
  if (violations.length === 0) return `${modules} modules`;
  const lines = violations.map(({ rule, from, to }) => `${rule}: ${from} -> ${to}`);
  throw new StepError(['imports that the layers forbid (docs/architecture.md):', ...lines].join('\n'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(() => step('check: layers', checkLayers));
}
