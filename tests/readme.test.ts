import { type ExecFileOptions, execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../scripts/build.mjs';
import { root, runQuiet } from '../scripts/steps.mjs';

const LIMIT_MS = 60_000;

/** The first ```ts block of a README, as a file from which the package's own name can be imported. */
interface Example {
  readonly readme: string;
  /** Path without its ending, in the `dist` of a package. */
  readonly file: string;
  readonly code: string;
}

const examples = findExamples();

describe('the example of each README', () => {
  beforeAll(async () => {
    await build(process.stderr);
    for (const { file, code } of examples) writeFileSync(`${file}.mts`, code);
  }, 120_000);

  afterAll(() => {
    for (const { file } of examples) for (const ending of ['mts', 'mjs']) rmSync(`${file}.${ending}`, { force: true });
  });

  it('is there for every package', () => {
    const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`);
    expect(examples.map(({ readme }) => readme)).toEqual(expect.arrayContaining(packages));
  });

  it('has right types', async () => {
    const options =
      '--module nodenext --target es2023 --lib es2024,esnext.disposable --types node --strict --skipLibCheck';
    const sources = examples.map(({ file }) => `${file}.mts`);
    await runQuiet(join(root, 'node_modules/.bin/tsc'), [...options.split(' '), '--ignoreConfig', ...sources]);
  });

  it.for(examples)(
    '$readme runs and leaves nothing behind',
    { timeout: LIMIT_MS + 5000 },
    async ({ file }, context) => {
      const place = mkdtempSync(join(tmpdir(), 'readme-'));
      const env = { ...process.env, TMPDIR: place };
      const failure = await run(`${file}.mjs`, { cwd: place, env, timeout: LIMIT_MS });
      expect(readdirSync(place)).toEqual([]);
      rmSync(place, { recursive: true });
      const lacking = /code: '(RUNTIME_UNAVAILABLE|IMAGE_NOT_AVAILABLE)'/.exec(failure)?.[1];
      if (lacking !== undefined) context.skip(`this machine can't run it: ${lacking}`);
      expect(failure).toBe('');
    },
  );
});

/** Runs a program; answers with what it said on standard error if it failed. */
async function run(path: string, options: ExecFileOptions): Promise<string> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [path], options, (error, _stdout, stderr) =>
      resolve(error === null ? '' : `${error.message}\n${String(stderr)}`),
    );
  });
}

function findExamples(): readonly Example[] {
  const packages = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => `${group}/${name}`),
  );
  // What is about embedding sees what a program that depends on the library sees.
  const embedding = [
    'README.md',
    ...readdirSync(join(root, 'examples')).flatMap((name) => (name.endsWith('.ts') ? `examples/${name}` : [])),
  ];
  const places = [
    ...packages.map((name) => ({ readme: `${name}/README.md`, folder: name })),
    ...embedding.map((readme) => ({ readme, folder: 'packages/agent-runtime' })),
  ];
  return places.flatMap(({ readme, folder }) => {
    const path = join(root, readme);
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const code = readme.endsWith('.ts') ? text : /^```ts\n(.*?)^```$/ms.exec(text)?.[1];
    const file = join(root, folder, 'dist', readme.replaceAll('/', '-').replace(/[.]\w+$/, ''));
    return code === undefined ? [] : [{ readme, file, code }];
  });
}
