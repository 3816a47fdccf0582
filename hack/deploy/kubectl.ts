// kubectl against the cluster that somebody names, with their environment: its credentials may come from a program of
// theirs.
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { resolveTools } from '../control-plane/assets.ts';

/** Resolves to the standard output. @throws Error with what kubectl wrote to standard error */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** The CustomResourceDefinition alone has more than half a MiB. */
const MAX_OUTPUT = 2 ** 26;

/** Without a kubeconfig it can render, and talks to no cluster: not to that of the shell's KUBECONFIG either. */
export async function createKubectl(kubeconfig: string | undefined): Promise<Kubectl> {
  const tools = await resolveTools(['kubectl'], { log: () => {} });
  const path = tools.get('kubectl')?.path ?? '';
  const file = kubeconfig?.replace(/^~(?=\/)/, homedir()) ?? join('/', 'dev', 'null');
  return (args, input) =>
    new Promise((resolve, reject) => {
      const child = execFile(
        path,
        [`--kubeconfig=${file}`, ...args],
        { maxBuffer: MAX_OUTPUT },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout.trim());
          else reject(new Error(`kubectl ${args.join(' ')}: ${stderr.trim() || error.message}`));
        },
      );
      child.stdin?.on('error', () => {}); // it may have ended before it was given any input: its exit code says how
      child.stdin?.end(input ?? '');
    });
}
