// Everything that CI asks of the code before it runs the tests: `pnpm check`.
import { join } from 'node:path';
import { build } from './build.mjs';
import { checkLayers } from './layers.mjs';
import { checkPackages } from './packages.mjs';
import { main, root, runQuiet, step } from './steps.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);

await main(async () => {
  await build();
  await step(
    'check: format and lint',
    async () => void (await runQuiet(bin('biome'), ['check', '--error-on-warnings', '.'])),
  );
  await step(
    'check: types of sources and tests',
    async () => void (await runQuiet(bin('tsc'), ['-p', 'tsconfig.check.json'])),
  );
  await step('check: layers', checkLayers);
  await checkPackages();
});
