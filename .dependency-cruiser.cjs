// Which package may import what. docs/architecture.md draws it; tests/layers.test.ts proves that each rule reports.

// Lowest layer first. A package imports from the layers before its own, not from its neighbours.
const LAYERS = [
  ['core', 'kernel-protocol'],
  ['agent-api', 'linux', 'config'],
  ['dialects'],
  ['registry', 'events', 'telemetry', 'resources', 'container-runtime', 'kernel-io', 'manager-rpc'],
  ['runtime-sandbox'],
  ['agent-runtime'],
];

// The program inside each kernel stands beside the layers: it sees one package, and two places see it.
const RUNNER = { name: 'kernel-runner', sees: ['kernel-protocol'], seenBy: ['packages/agent-runtime', 'apps/agent'] };

// Only these know that there are generations of managers: G1, G2, G3.
const KNOW_GENERATIONS = ['packages/dialects', 'packages/manager-rpc'];
const SEE_DIALECTS = ['packages/dialects', 'packages/manager-rpc', 'apps/agent'];

// Third-party module -> the only places whose product code may import it. One that isn't listed may be imported nowhere.
const VENDORS = {
  '@msgpack/msgpack': ['packages/kernel-protocol'],
  esbuild: ['packages/kernel-runner/scripts'],
  'reflect-metadata': ['apps/agent'],
  'smol-toml': ['packages/config'],
  'tar-stream': ['packages/agent-runtime'],
  snappyjs: ['packages/manager-rpc'],
  tsyringe: ['apps/agent'],
  winston: ['apps/agent'],
  yargs: ['apps/agent'],
  zeromq: ['packages/kernel-io', 'packages/kernel-runner', 'packages/manager-rpc'],
  zod: ['packages/config', 'packages/dialects', 'packages/runtime-sandbox', 'packages/agent-runtime'],
};

const TEST_CODE = '[.]test[.]ts$|/src/testing/';
const BUILD_CODE = '^packages/[^/]+/scripts/';
const inside = (places) => `^(${places.join('|')})/`;
const packages = (names) => inside(names.map((name) => `packages/${name}`));
const vendor = (names) => `(^|/)node_modules/(${names.map((name) => `${name}`).join('|')})/`;

const upward = LAYERS.slice(0, -1).map((layer, index) => ({
  name: `no-upward-from-${layer[0]}`,
  severity: 'error',
  from: { path: packages(layer) },
  to: { path: `${packages(LAYERS.slice(index + 1).flat())}|^apps/` },
}));

const sideways = LAYERS.filter((layer) => layer.length > 1).map((layer) => ({
  name: `no-sideways-in-${layer[0]}`,
  severity: 'error',
  from: { path: `^packages/(${layer.join('|')})/` },
  to: { path: packages(layer), pathNot: '^packages/$1/' },
}));

const vendors = Object.entries(VENDORS).map(([name, places]) => ({
  name: `${name}-in-its-place`,
  severity: 'error',
  from: { path: '^(packages|apps)/', pathNot: [inside(places), TEST_CODE] },
  to: { path: vendor([name]) },
}));

module.exports = {
  forbidden: [
    ...upward,
    ...sideways,
    ...vendors,
    {
      name: 'no-unlisted-vendor',
      comment: 'Add it to VENDORS with its one place, after asking twice whether it is needed.',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: TEST_CODE },
      to: { path: '(^|/)node_modules/', pathNot: vendor([...Object.keys(VENDORS), '@types/node']) },
    },
    {
      name: 'no-unlisted-package',
      comment: 'Give it a place in LAYERS: no other rule sees it.',
      severity: 'error',
      from: { path: '^packages/', pathNot: packages([...LAYERS.flat(), RUNNER.name]) },
      to: {},
    },
    {
      name: 'runner-sees-one-package',
      severity: 'error',
      from: { path: packages([RUNNER.name]) },
      to: { path: '^(packages|apps)/', pathNot: packages([RUNNER.name, ...RUNNER.sees]) },
    },
    {
      name: 'runner-is-seen-by-few',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: inside([`packages/${RUNNER.name}`, ...RUNNER.seenBy]) },
      to: { path: packages([RUNNER.name]) },
    },
    {
      name: 'dialects-are-seen-by-few',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: inside(SEE_DIALECTS) },
      to: { path: packages(['dialects']) },
    },
    {
      name: 'generations-only-in-dialects',
      severity: 'error',
      from: {},
      to: { path: '^(packages|apps)/.*/g[123][a-z]?([./-]|$)', pathNot: inside(KNOW_GENERATIONS) },
    },
    {
      name: 'no-cycle',
      comment:
        'A type may point back at the module that uses it; loading may not go round. Between packages the layers forbid both.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-reach-in',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: {
        path: '^(packages|apps)/[^/]+/',
        pathNot: ['^$1/$2/', '^packages/[^/]+/src/index[.]ts$', '^packages/[^/]+/src/testing/index[.]ts$'],
      },
    },
    {
      name: 'no-test-code-in-product',
      severity: 'error',
      from: { path: '/src/', pathNot: TEST_CODE },
      to: { path: `${TEST_CODE}|${BUILD_CODE}|${vendor(['vitest', 'fast-check'])}` },
    },
    {
      name: 'no-unresolved-import',
      comment: 'An import that is not found is not checked by any other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.check.json' },
    tsPreCompilationDeps: true, // `import type` counts too
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@bai/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
