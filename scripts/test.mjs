// The second command of the README: builds, runs the tests, and leaves nothing behind.
//   pnpm test [-- VITEST-ARGUMENTS]      for example: pnpm test -- packages/core
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { removeTestRoot } from './leftovers.mjs';
import { main, root, runShown } from './steps.mjs';

const REPORTERS = ['--reporter=default', `--reporter=${join(root, 'scripts/test-reporter.mjs')}`];

/** All temporary files of the tests are below one folder, which is looked at and removed at the end. */
async function runTests(args) {
  const testRoot = mkdtempSync(join(tmpdir(), 'bt-'));
  chmodSync(testRoot, 0o711); // tests that act as another user pass through it
  const summaryFile = join(testRoot, 'summary.json');
  // A Ctrl-C reaches vitest as well: wait for its end, so that the clean-up below happens.
  process.on('SIGINT', () => {});
  console.log(`test: ${args.length > 0 ? args.join(' ') : 'all packages, the app and the repository itself'}`);
  const code = await runShown(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...REPORTERS, ...args],
    {
      env: { ...process.env, TMPDIR: testRoot, BAI_TEST_SUMMARY: summaryFile },
    },
  );
  const summary = readSummary(summaryFile);
  const leftovers = await removeTestRoot(testRoot);
  return conclude(summary, leftovers, code);
}

function readSummary(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return {
      passed: 0,
      failed: 0,
      skipped: [],
      brokenFiles: ['vitest ended before it could count'],
      unhandledErrors: 0,
    };
  }
}

/** Prints what vitest's own report leaves out, and the counts as the last line. */
function conclude(summary, leftovers, code) {
  const { passed, failed, skipped, brokenFiles, unhandledErrors } = summary;
  if (skipped.length > 0) console.log('\nSkipped, because this machine lacks something:');
  for (const [place, count] of countSkips(skipped))
    console.log(`  ${place} (${count} ${count === 1 ? 'test' : 'tests'})`);
  for (const file of brokenFiles) console.log(`\nFailed outside its tests: ${file}`);
  if (unhandledErrors > 0) console.log(`\nErrors that belong to no test: ${unhandledErrors} (shown above)`);
  for (const leftover of leftovers) console.log(`\nLeft behind by the tests: ${leftover}`);
  const allFailed = failed + brokenFiles.length + unhandledErrors + leftovers.length;
  const noTest = passed + allFailed === 0;
  if (noTest) console.log('\nNo test ran: nothing matches what was asked for.');
  console.log(`\n${passed} passed, ${allFailed} failed, ${skipped.length} skipped`);
  return code || (allFailed > 0 || noTest ? 1 : 0);
}

/** How many tests of a file were skipped for the same reason. */
function countSkips(skipped) {
  const counts = new Map();
  for (const { file, name, reason } of skipped) {
    const place = `${file}: ${reason || `no reason given for '${name}'`}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

await main(async () => {
  await build();
  const args = process.argv.slice(2);
  if (args[0] === '--') args.shift();
  return runTests(args);
});
