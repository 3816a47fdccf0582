// Writes what of config/ is made from code: the operator's roles, from src/rights.ts, and the files of the Helm chart.
//
//   node hack/generate-config.ts           writes the files
//   node hack/generate-config.ts --check   exits 1 when a file is not what it would write
//   --out FOLDER                           another folder than config/
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { chartFiles } from './config/chart-files.ts';
import { roleManifests } from './config/role-manifests.ts';
import { nodeDeploymentCrd } from './crd/custom-resource-definition.ts';
import { checkAll, type GeneratedFiles, writeAll } from './generated-files.ts';

const CONFIG = resolve(import.meta.dirname, '../config');

const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, out: { type: 'string', default: CONFIG } },
});
const chart = chartFiles(CONFIG, nodeDeploymentCrd());
const files: GeneratedFiles = new Map([
  ...[...roleManifests()].map(([path, text]) => [join(values.out, 'rbac', path), text] as const),
  ...[...chart].map(([path, text]) => [join(values.out, 'helm', 'nodefleet', 'files', path), text] as const),
]);
if (values.check) checkAll(files, 'hack/generate-config.ts');
else writeAll(files);
