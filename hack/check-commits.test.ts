import { expect, test } from 'vitest';

import { complaintAbout, complaintAboutDraft, complaintsAboutLog } from './check-commits.ts';

test.for([
  'feat: start',
  'fix(runtime): requeue after a conflict',
  'feat(api)!: rename a field',
  'bench(control-plane): measure the start',
  'chore(deps): pin v1.36.3',
])('takes "%s"', (subject) => {
  expect(complaintAbout(subject)).toBeUndefined();
});

test.for([
  ['no type', 'start', /is not "type\(scope\): subject"/],
  ['an unknown type', 'polish: indent', /is not/],
  ['an empty scope', 'fix(): start', /is not/],
  ['an empty subject', 'fix: ', /is not/],
  ['no blank after the colon', 'fix:start', /is not/],
  ['a full stop', 'fix: start.', /full stop/],
  ['a subject of 101 characters', `fix: ${'x'.repeat(101)}`, /subject of 101 characters; 100 are the limit/],
] as const)('refuses %s', ([, subject, complaint]) => {
  expect(complaintAbout(subject)).toMatch(complaint);
});

test('takes a subject of 100 characters', () => {
  expect(complaintAbout(`fix: ${'x'.repeat(100)}`)).toBeUndefined();
});

test('names the commit that a complaint is about', () => {
  expect(complaintsAboutLog('1a2b3c4 feat: start\n5d6e7f8 oops\n')).toEqual([expect.stringMatching(/^5d6e7f8 oops\n/)]);
});

test.for(["Merge branch 'main'", 'fixup! feat: start', 'feat: start\n\nA body.\n'])(
  'a draft may be "%s"',
  (message) => {
    expect(complaintAboutDraft(message)).toBeUndefined();
  },
);

test('a draft is judged by its first line', () => {
  expect(complaintAboutDraft('oops\nfeat: start')).toMatch(/is not/);
});
