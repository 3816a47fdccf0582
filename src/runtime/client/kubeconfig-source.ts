// Which kubeconfig to use: explicit file, then KUBECONFIG, then the pod's service account, then ~/.kube/config.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Environment variables by name. Given by program.ts, which alone reads the process's. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** `files` are merged; the first that says something wins, as in kubectl. */
export type KubeconfigSource =
  | { readonly type: 'files'; readonly files: readonly [string, ...string[]] }
  | { readonly type: 'in-cluster' };

/** @throws Error that says what was looked for and what to do, when there is nothing to use. */
export function findKubeconfig(
  explicit: string | undefined,
  environment: Environment,
  exists: (path: string) => boolean = existsSync,
): KubeconfigSource {
  if (explicit !== undefined) {
    if (!exists(explicit)) throw new Error(`kubeconfig: there is no file ${explicit}; check --kubeconfig`);
    return { type: 'files', files: [explicit] };
  }
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) return { type: 'files', files: existing(listed, exists) };
  if (environment['KUBERNETES_SERVICE_HOST'] && exists(SERVICE_ACCOUNT_TOKEN)) return { type: 'in-cluster' };
  const home = join(environment['HOME'] ?? environment['USERPROFILE'] ?? '', '.kube', 'config');
  if (exists(home)) return { type: 'files', files: [home] };
  throw new Error(
    `kubeconfig: none found: KUBECONFIG is not set, this is not a pod with a service account, and there is no file ` +
      `${home}; give --kubeconfig <file>`,
  );
}

function existing(paths: readonly string[], exists: (path: string) => boolean): [string, ...string[]] {
  const [first, ...rest] = paths.filter((path) => exists(path));
  if (first !== undefined) return [first, ...rest];
  throw new Error(`kubeconfig: there is no file ${paths.join(' or ')}; check the variable KUBECONFIG`);
}
