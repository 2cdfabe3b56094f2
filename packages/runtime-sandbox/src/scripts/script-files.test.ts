import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { INIT_SCRIPT, JAIL_SCRIPT } from './init.js';
import { installScripts } from './script-files.js';
import { SUPERVISOR_SCRIPT } from './supervisor.js';

it('installs scripts once, under the name of their content', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bai-sandbox-'));
  const first = installScripts(join(folder, 'scripts'));
  const { ino } = statSync(first.init);
  expect(installScripts(join(folder, 'scripts'))).toEqual(first);
  expect(statSync(first.init).ino).toBe(ino);
  expect(readFileSync(first.supervisor, 'utf8')).toBe(SUPERVISOR_SCRIPT);
  expect(readdirSync(join(folder, 'scripts'))).toHaveLength(2);
  rmSync(folder, { recursive: true });
});

it.each([
  ['supervisor', SUPERVISOR_SCRIPT],
  ['init', INIT_SCRIPT],
  ['jail', JAIL_SCRIPT],
])('the %s script is one that a shell can read', (_, script) => {
  execFileSync('/bin/sh', ['-n'], { input: script });
});
