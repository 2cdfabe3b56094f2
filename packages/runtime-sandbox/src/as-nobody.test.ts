import { execFile, spawnSync } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const NOBODY = 65534;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const suites = ['contract', 'isolation', 'sandbox-runtime'].map(
  (name) => `packages/runtime-sandbox/src/${name}.test.ts`,
);

/** Everything here is run by the user who runs the tests. When that is root, it's run once more by somebody who may nothing. */
const reason = whyNot();
const title =
  reason === undefined
    ? 'the sandbox as an ordinary user'
    : `the sandbox as an ordinary user (not run here: ${reason})`;

describe.skipIf(reason !== undefined)(title, () => {
  it('passes the same suites', { timeout: 300_000 }, async () => {
    const home = await mkdtemp(join(tmpdir(), 'bai-nobody-'));
    await chown(home, NOBODY, NOBODY);
    const args = [vitest, 'run', '--no-cache', '--configLoader=runner', '--reporter=json', ...suites];
    const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: home, NO_COLOR: '1' };
    const options = { cwd: root, env, uid: NOBODY, gid: NOBODY, maxBuffer: 64 * 1024 * 1024 };
    try {
      const { stdout } = await promisify(execFile)(process.execPath, args, options).catch((error: unknown) => ({
        stdout: error instanceof Error && 'stdout' in error ? String(error.stdout) : '',
      }));
      expect(failuresIn(stdout)).toEqual([]);
    } finally {
      await rm(home, { recursive: true });
    }
  });
});

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

function failuresIn(output: string): string[] {
  const report = JSON.parse(output.slice(output.indexOf('{'))) as Report;
  const files = report.testResults.map((result) => result.message).filter((message) => message !== '');
  const failed = report.testResults
    .flatMap((result) => result.assertionResults)
    .filter((test) => test.status === 'failed')
    .map((test) => `${test.fullName}: ${test.failureMessages.join('; ')}`);
  return [...files, ...failed, ...(report.numPassedTests < 50 ? [`only ${report.numPassedTests} tests passed`] : [])];
}

function whyNot(): string | undefined {
  if (process.geteuid?.() !== 0) return 'the tests run as an ordinary user already';
  const asNobody = { uid: NOBODY, gid: NOBODY };
  if (
    spawnSync(process.execPath, ['-e', `require('fs').accessSync(${JSON.stringify(vitest)})`], asNobody).status !== 0
  ) {
    return `an ordinary user cannot read ${dirname(vitest)}`;
  }
  const probe = spawnSync('unshare', ['--user', '--map-root-user', 'true'], asNobody);
  return probe.status === 0 ? undefined : 'an ordinary user can make no user namespace';
}
