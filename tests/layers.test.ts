import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cruise } from '../scripts/layers.mjs';
import { root } from '../scripts/steps.mjs';

interface Rule {
  readonly name: string;
  readonly from: { readonly path?: string; readonly pathNot?: string | readonly string[] };
}

/** One forbidden import: `file` of a package imports `module`. */
interface Plant {
  readonly rule: string;
  readonly file: string;
  readonly module: string;
}

const config: { readonly forbidden: readonly Rule[] } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');

const vendors = {
  '@msgpack/msgpack': 'packages/core',
  esbuild: 'packages/kernel-runner',
  'reflect-metadata': 'packages/agent-runtime',
  'smol-toml': 'apps/agent',
  'tar-stream': 'packages/runtime-sandbox',
  snappyjs: 'packages/kernel-io',
  tsyringe: 'packages/agent-runtime',
  winston: 'packages/telemetry',
  yargs: 'packages/config',
  zeromq: 'packages/events',
  zod: 'packages/core',
};

const PLANTS: readonly Plant[] = [
  { rule: 'no-upward-from-core', file: 'packages/core/src/planted.ts', module: '@bai/config' },
  { rule: 'no-upward-from-agent-api', file: 'packages/agent-api/src/planted.ts', module: '@bai/registry' },
  { rule: 'no-upward-from-dialects', file: 'packages/dialects/src/planted.ts', module: '@bai/manager-rpc' },
  { rule: 'no-upward-from-registry', file: 'packages/events/src/planted.ts', module: '@bai/agent-runtime' },
  { rule: 'no-upward-from-runtime-sandbox', file: 'packages/runtime-sandbox/src/planted.ts', module: '@bai/agent' },
  { rule: 'no-sideways-in-core', file: 'packages/core/src/planted-sideways.ts', module: '@bai/kernel-protocol' },
  { rule: 'no-sideways-in-agent-api', file: 'packages/linux/src/planted.ts', module: '@bai/agent-api' },
  { rule: 'no-sideways-in-registry', file: 'packages/manager-rpc/src/planted.ts', module: '@bai/resources' },
  { rule: 'no-unlisted-vendor', file: 'packages/agent-runtime/src/planted.ts', module: 'dockerode' },
  { rule: 'no-unlisted-package', file: 'packages/stranger/src/planted.ts', module: '@bai/core' },
  { rule: 'runner-sees-one-package', file: 'packages/kernel-runner/src/planted.ts', module: '@bai/core' },
  { rule: 'runner-is-seen-by-few', file: 'packages/runtime-sandbox/src/planted.ts', module: '@bai/kernel-runner' },
  { rule: 'dialects-are-seen-by-few', file: 'packages/agent-runtime/src/planted.ts', module: '@bai/dialects' },
  { rule: 'generations-only-in-dialects', file: 'packages/events/src/planted.ts', module: './g2/names.js' },
  { rule: 'no-cycle', file: 'packages/core/src/planted-a.ts', module: './planted-b.js' },
  { rule: 'no-reach-in', file: 'packages/agent-runtime/src/planted.ts', module: '../../core/src/errors.js' },
  { rule: 'no-reach-in', file: 'packages/agent-runtime/src/planted.ts', module: '../../../apps/agent/src/index.js' },
  { rule: 'no-test-code-in-product', file: 'packages/events/src/planted.ts', module: 'vitest' },
  { rule: 'no-test-code-in-product', file: 'packages/kernel-runner/src/planted.ts', module: '../scripts/bundle.mjs' },
  { rule: 'no-unresolved-import', file: 'packages/core/src/planted.ts', module: './nowhere.js' },
  ...Object.entries(vendors).map(([module, place]) => ({
    rule: `${module}-in-its-place`,
    file: `${place}/src/planted.ts`,
    module,
  })),
];

/** Imports of the same kinds that are legal. */
const LEGAL: readonly Omit<Plant, 'rule'>[] = [
  { file: 'packages/agent-api/src/planted-legal.ts', module: '@bai/core' },
  { file: 'packages/kernel-runner/src/planted-legal.ts', module: '@bai/kernel-protocol' },
  { file: 'packages/agent-runtime/src/planted-legal.ts', module: '@bai/kernel-runner' },
  { file: 'packages/manager-rpc/src/planted-legal.ts', module: '@bai/dialects' },
  { file: 'packages/dialects/src/planted-legal.ts', module: './g2/names.js' },
  { file: 'packages/config/src/planted-legal.ts', module: 'zod' },
  { file: 'packages/core/src/planted-legal.test.ts', module: 'vitest' },
  { file: 'apps/agent/src/planted-legal.ts', module: 'tsyringe' },
];

describe('the layer rules', () => {
  let copy: string;
  let found: Awaited<ReturnType<typeof cruise>>;

  beforeAll(async () => {
    copy = realpathSync(mkdtempSync(join(tmpdir(), 'layers-')));
    copyWorkspace(copy);
    for (const plant of [...PLANTS, ...LEGAL]) plantImport(copy, plant);
    writeFileSync(join(copy, 'packages/core/src/planted-b.ts'), "import './planted-a.js';\n");
    found = await cruise(copy);
  }, 60_000);

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it.each(PLANTS)('$rule reports $file -> $module', ({ rule, file }) => {
    expect(found.violations.filter((violation) => violation.rule === rule).map(({ from }) => from)).toContain(file);
  });

  it('report no legal import', () => {
    expect(found.violations.filter(({ from }) => from.includes('planted-legal'))).toEqual([]);
  });

  it('are all tried here', () => {
    expect(new Set(PLANTS.map(({ rule }) => rule))).toEqual(new Set(config.forbidden.map(({ name }) => name)));
  });

  it('know every package', () => {
    const listed = new RegExp(
      String(config.forbidden.find(({ name }) => name === 'no-unlisted-package')?.from.pathNot),
    );
    const folders = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/`);
    expect(folders.filter((folder) => !listed.test(folder))).toEqual([]);
  });
});

/** Sources and dependency links, without what was built. */
function copyWorkspace(target: string): void {
  for (const name of ['packages', 'apps', '.dependency-cruiser.cjs', 'tsconfig.base.json', 'tsconfig.check.json']) {
    cpSync(join(root, name), join(target, name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !['dist', 'vectors', '.bin'].includes(basename(source)),
    });
  }
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'));
}

/** Adds a file with one import, and makes sure that the import is found. */
function plantImport(workspace: string, { file, module }: Omit<Plant, 'rule'>): void {
  const path = join(workspace, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `import '${module}';\n`, { flag: 'a' });
  if (module === './g2/names.js') writeModule(join(dirname(path), 'g2'), 'names.ts');
  if (module.startsWith('.')) return;
  const [, owner] = /^((?:packages|apps)[/][^/]+)/.exec(file) ?? [];
  provide(join(workspace, String(owner), 'node_modules', module), module, workspace);
}

function provide(place: string, module: string, workspace: string): void {
  if (existsSync(place)) return;
  mkdirSync(dirname(place), { recursive: true });
  const name = module.replace('@bai/', '');
  const folder = name === 'agent' ? 'apps/agent' : `packages/${name}`;
  if (module.startsWith('@bai/')) symlinkSync(join(workspace, folder), place);
  else writeModule(place, 'index.js');
}

function writeModule(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), 'export {};\n');
}
