import { expect, test } from 'vitest';

import { tiesIn } from './check-portable.ts';

// In two halves each: this file is checked too.
test.for([
  ['the registry of npm', 'https://registry.npm', 'js.org/zod'],
  ['the module proxy of Go', 'GOPROXY=https://proxy.', 'golang.org'],
  ['the index of Python', 'https://py', 'pi.org/simple'],
  ['the mirror of Debian', 'http://deb.', 'debian.org/debian'],
  ['the repository of Maven', 'https://repo1.', 'maven.org'],
  ['a folder of one machine', 'cd /wor', 'k/main'],
  ['a home folder', '"/roo', 't/.cache"'],
] as const)('finds %s', ([, before, after]) => {
  expect(tiesIn(`first line\n${before}${after}`)).toEqual([expect.stringMatching(/^2: /)]);
});

test.for([
  'registry.k8s.io/pause',
  'src/work/queue',
  'golang.org/x/sys',
  './root/a',
  'https://maven.example',
  '/worker/',
])('lets %s be', (text) => {
  expect(tiesIn(text)).toEqual([]);
});
