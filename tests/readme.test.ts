import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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

  it.each(examples)('$readme runs and leaves nothing behind', { timeout: LIMIT_MS + 5000 }, async ({ file }) => {
    const place = mkdtempSync(join(tmpdir(), 'readme-'));
    const env = { ...process.env, TMPDIR: place };
    await promisify(execFile)(process.execPath, [`${file}.mjs`], { cwd: place, env, timeout: LIMIT_MS });
    expect(readdirSync(place)).toEqual([]);
    rmSync(place, { recursive: true });
  });
});

function findExamples(): readonly Example[] {
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
  // The root's example is about embedding: it sees what a program that depends on the library sees.
  const places = [...packages.map((name) => [`${name}/README.md`, name]), ['README.md', 'packages/agent-runtime']];
  return places.flatMap(([readme, folder]) => {
    const path = join(root, String(readme));
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const [, code] = /^```ts\n(.*?)^```$/ms.exec(text) ?? [];
    const name = String(readme).replaceAll('/', '-').replace('.md', '');
    return code === undefined ? [] : [{ readme: String(readme), file: join(root, String(folder), 'dist', name), code }];
  });
}
