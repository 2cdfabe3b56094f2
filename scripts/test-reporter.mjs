import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from './steps.mjs';

/** A vitest reporter that writes the counts, and each skipped test with its reason, to the file that BAI_TEST_SUMMARY names. */
export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const summary = { passed: 0, failed: 0, skipped: [], brokenFiles: [], unhandledErrors: unhandledErrors.length };
    for (const module of modules) {
      const file = relative(root, module.moduleId);
      for (const test of module.children.allTests()) count(summary, file, test);
      if (module.errors().length > 0 || suiteErrors(module) > 0) summary.brokenFiles.push(file);
    }
    writeFileSync(process.env.BAI_TEST_SUMMARY, JSON.stringify(summary));
  }
}

function count(summary, file, test) {
  const { state, note } = test.result();
  if (state === 'passed') summary.passed += 1;
  else if (state === 'failed') summary.failed += 1;
  else summary.skipped.push({ file, name: test.fullName, reason: note ?? reasonInTitle(test.fullName) });
}

/** A whole suite that is skipped can say why in its title only: "real groups (not run here: no writable controller)". */
function reasonInTitle(title) {
  return /[(](?:not run here|skipped|needs):? ([^)]*)[)]/.exec(title)?.[1] ?? '';
}

function suiteErrors(module) {
  return [...module.children.allSuites()].reduce((sum, suite) => sum + suite.errors().length, 0);
}
