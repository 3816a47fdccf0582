// The repository works on anybody's machine: no file names the host of a package registry (each user has their own
// mirror or proxy configured) or a folder that exists on one machine only.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { isGitCheckout, repositoryFiles } from './git.ts';

// Character classes keep these patterns from matching themselves.
const patterns: readonly RegExp[] = [
  /\b(npm[j]s|yarn[p]kg)\.(org|com)/,
  /\b(proxy|sum)[.]golang/,
  /\bpy[p]i\.org|\bpython[h]osted\.org/,
  /\b(crates[.]io|ruby[g]ems\.org|repo1?[.]maven)/,
  /\b(deb[.]debian|archive[.]ubuntu|alpine[l]inux\.org)/,
  /(?<![\w.$}/-])\/(wor[k]|roo[t])\//,
  /\/tmp\/war[m]/,
];

/** `line: what` for everything in a text that ties it to one machine or registry. */
export function tiesIn(text: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      patterns.flatMap((pattern) => pattern.exec(line)?.[0] ?? []).map((tie) => `${index + 1}: ${tie}`),
    );
}

if (import.meta.main && isGitCheckout()) {
  const top = resolve(import.meta.dirname, '..');
  for (const path of repositoryFiles()) {
    for (const tie of tiesIn(readFileSync(resolve(top, path), 'utf8'))) {
      console.error(`${path}:${tie}`);
      process.exitCode = 1;
    }
  }
}
