import { expect, test } from 'vitest';
import { parseLoaderList } from './shared-libraries.js';

const LOADER = '/lib64/ld-linux-x86-64.so.2';

test('reads the libraries and leaves out the loader and the vDSO', () => {
  const text = [
    '\tlinux-vdso.so.1 (0x00007fba9a793000)',
    '\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007fba9a77d000)',
    '\tlibodd.so => /home/a b (c)/libodd.so (0x00007fba9a77d000)',
    '\tld-linux-x86-64.so.2 => /lib64/ld-linux-x86-64.so.2 (0x00007fba9a77d000)',
    '\t/lib64/ld-linux-x86-64.so.2 (0x00007fba9a795000)',
    '',
  ].join('\n');
  expect(parseLoaderList('node', LOADER, text)).toEqual([
    ['libdl.so.2', '/lib/x86_64-linux-gnu/libdl.so.2'],
    ['libodd.so', '/home/a b (c)/libodd.so'],
  ]);
});

test.each([
  ['\tlibgone.so.3 => not found\n', /needs the shared library libgone\.so\.3, which is not here/],
  ['\t/opt/vendor/libfixed.so (0x00007fba9a795000)\n', /asks for \/opt\/vendor\/libfixed\.so by its full path/],
])('refuses what would not run elsewhere', (text, message) => {
  expect(() => parseLoaderList('/x/node', LOADER, text)).toThrow(message);
});
