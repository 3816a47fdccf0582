// What the checks ask git. Paths and output are those of the repository that holds this file.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const top = resolve(import.meta.dirname, '..');

/** False in an unpacked archive: there is nothing to ask then. */
export function isGitCheckout(): boolean {
  return existsSync(resolve(top, '.git'));
}

/** Standard output of a git command. @throws Error with what git said */
export function git(...args: readonly string[]): string {
  return execFileSync('git', args, {
    cwd: top,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Files that are tracked or could be: new ones too, ignored ones not. Paths from the top. */
export function repositoryFiles(): readonly string[] {
  const listed = git('ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
  return listed.filter((path) => path !== '' && existsSync(resolve(top, path)));
}
