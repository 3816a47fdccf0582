// Commit messages read `type(scope): subject`, so that the history can be filtered and a changelog written from it.
//
//   node hack/check-commits.ts          every commit that can be reached from HEAD, as far as the clone goes
//   node hack/check-commits.ts FILE     the message in FILE: the commit-msg hook
import { readFileSync } from 'node:fs';

import { git, isGitCheckout } from './git.ts';

const types = ['feat', 'fix', 'perf', 'refactor', 'docs', 'style', 'test', 'build', 'ci', 'chore', 'revert', 'bench'];
const maxLength = 100;
const form = new RegExp(`^(?:${types.join('|')})(?:\\([a-z0-9][a-z0-9./-]*\\))?!?: (\\S.*)$`);

/** What is wrong with the first line of a commit message; undefined: nothing. */
export function complaintAbout(line: string): string | undefined {
  const subject = form.exec(line)?.[1];
  if (subject === undefined) return `is not "type(scope): subject" with a type of ${types.join(', ')}`;
  if (subject.length > maxLength) return `has a subject of ${subject.length} characters; ${maxLength} are the limit`;
  if (subject.endsWith('.')) return 'ends in a full stop';
  return undefined;
}

/** The complaints about the lines of `git log --format='%h %s'`, each with the commit it is about. */
export function complaintsAboutLog(log: string): readonly string[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const complaint = complaintAbout(line.slice(line.indexOf(' ') + 1));
      return complaint === undefined ? [] : [`${line}\n  ${complaint}`];
    });
}

/** As `complaintAbout`, before the commit exists: git's own merge and autosquash subjects pass. */
export function complaintAboutDraft(message: string): string | undefined {
  const line = message.split('\n', 1)[0] ?? '';
  return /^(Merge |fixup! |squash! |amend! )/.test(line) ? undefined : complaintAbout(line);
}

function main(file: string | undefined): readonly string[] {
  if (file !== undefined) {
    const complaint = complaintAboutDraft(readFileSync(file, 'utf8'));
    return complaint === undefined ? [] : [`the commit message ${complaint}`];
  }
  return isGitCheckout() ? complaintsAboutLog(git('log', '--no-merges', '--format=%h %s')) : [];
}

if (import.meta.main) {
  const complaints = main(process.argv[2]);
  for (const complaint of complaints) console.error(complaint);
  process.exitCode = complaints.length === 0 ? 0 : 1;
}
