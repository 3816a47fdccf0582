// Commit messages read `type(scope): subject`, so that the history can be filtered and a changelog written from it.
//
//   node hack/check-commits.ts          every commit that can be reached from HEAD, as far as the clone goes
//   node hack/check-commits.ts FILE     the message in FILE: the commit-msg hook
import { readFileSync } from 'node:fs';

import { git, isGitCheckout } from './git.ts';

const types = ['feat', 'fix', 'perf', 'refactor', 'docs', 'test', 'build', 'ci', 'chore', 'revert', 'bench'];
const maxLength = 100;
const form = new RegExp(`^(${types.join('|')})(\\([a-z0-9][a-z0-9./-]*\\))?!?: \\S.*$`);

/** What is wrong with the first line of a commit message; undefined: nothing. */
export function complaintAbout(subject: string): string | undefined {
  if (!form.test(subject)) return `is not "type(scope): subject" with a type of ${types.join(', ')}`;
  if (subject.length > maxLength) return `has ${subject.length} characters; ${maxLength} are the limit`;
  if (subject.endsWith('.')) return 'ends in a full stop';
  return undefined;
}

/** The complaints about the lines of `git log --format='%h %s'`, each with the commit it is about. */
export function complaintsAboutLog(log: string): readonly string[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const subject = line.slice(line.indexOf(' ') + 1);
      const complaint = complaintAbout(subject);
      return complaint === undefined ? [] : [`${line}\n  ${complaint}`];
    });
}

/** As `complaintAbout`, before the commit exists: git's own merge, revert and autosquash subjects pass. */
export function complaintAboutDraft(message: string): string | undefined {
  const subject = message.split('\n', 1)[0] ?? '';
  return /^(Merge |fixup! |squash! |amend! )/.test(subject) ? undefined : complaintAbout(subject);
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
