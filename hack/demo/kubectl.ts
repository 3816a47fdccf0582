// kubectl, run as a user would run it in this repository's folder, against one kubeconfig.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const TIMEOUT_MS = 30_000;

export interface KubectlOptions {
  readonly path: string;
  readonly kubeconfigPath: string;
  /** Takes what kubectl remembers of the API server, so that nothing of it is left in the user's home. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Resolves to its standard output. @throws Error with what it wrote to standard error; after 30 s as well */
export type Kubectl = (...args: readonly string[]) => Promise<string>;

export function createKubectl({ path, kubeconfigPath, folder, signal }: KubectlOptions): Kubectl {
  const common = [`--kubeconfig=${kubeconfigPath}`, `--cache-dir=${join(folder, 'kubectl-cache')}`];
  return async (...args) => {
    try {
      return (await run(path, [...common, ...args], { cwd: ROOT, signal, timeout: TIMEOUT_MS, maxBuffer: 1 << 26 }))
        .stdout;
    } catch (cause) {
      signal.throwIfAborted();
      const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
      throw new Error(`kubectl ${args.join(' ')}: ${stderr || String(cause)}`, { cause });
    }
  };
}
