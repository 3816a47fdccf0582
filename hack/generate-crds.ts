// Writes crds/ from src/api.
//
//   node hack/generate-crds.ts                          writes the files
//   node hack/generate-crds.ts --check                  exits 1 when a file is not what it would write
//   node hack/generate-crds.ts --refresh-pod-template   first takes the pod template's schema from a real API server:
//                                                       one that it starts, or that of --kubeconfig FILE
//   --out FOLDER                                        another folder than crds/
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { nodeDeploymentCrd } from './crd/custom-resource-definition.ts';
import { crdYaml } from './crd/yaml.ts';

const CRDS = resolve(import.meta.dirname, '../crds');
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
  const file = join(values.out, FILE);
  const wanted = crdYaml(nodeDeploymentCrd());
  if (!values.check) return write(file, wanted);
  if (read(file) !== wanted) {
    console.error(`${relative(process.cwd(), file)} is out of date: run \`node hack/generate-crds.ts\` and commit it`);
    process.exitCode = 1;
  }
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
