// Writes the CustomResourceDefinition into config/crd, to which crds/ links, from src/api.
//
//   node hack/generate-crds.ts                          writes the files
//   node hack/generate-crds.ts --check                  exits 1 when a file is not what it would write
//   node hack/generate-crds.ts --refresh-pod-template   first takes the pod template's schema from a real API server:
//                                                       one that it starts, or that of --kubeconfig FILE
//   --out FOLDER                                        another folder than config/crd/
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { nodeDeploymentCrd } from './crd/custom-resource-definition.ts';
import { crdYaml } from './crd/yaml.ts';
import { checkAll, writeAll } from './generated-files.ts';

const CRDS = resolve(import.meta.dirname, '../config/crd');
const FILE = 'nodefleet.dev_nodedeployments.yaml';

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      'refresh-pod-template': { type: 'boolean', default: false },
      kubeconfig: { type: 'string' },
      out: { type: 'string', default: CRDS },
    },
  });
  if (values['refresh-pod-template']) {
    const { refreshPodTemplate } = await import('./crd/refresh-pod-template.ts');
    await refreshPodTemplate(values.kubeconfig);
  }
  const files = new Map([[join(values.out, FILE), crdYaml(nodeDeploymentCrd())]]);
  if (values.check) checkAll(files, 'hack/generate-crds.ts');
  else writeAll(files);
}
