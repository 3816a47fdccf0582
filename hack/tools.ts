// `make tools`: finds, downloads or builds all programs of the control plane, and helm and promtool, so that tests and
// demo start at once.
import { MissingToolsError, resolveTools } from './control-plane/assets.ts';

try {
  await resolveTools([
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kubectl',
    'kwok',
    'helm',
    'promtool',
  ]);
} catch (error) {
  if (!(error instanceof MissingToolsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
