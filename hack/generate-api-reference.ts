// Writes docs/api-reference.md from the schema of the CRD. `--check` exits 1 when the page is not what it would write.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { renderApiReference } from './api-reference/render.ts';
import { nodeDeploymentCrd } from './crd/custom-resource-definition.ts';

const FILE = 'docs/api-reference.md';
const path = join(import.meta.dirname, '..', FILE);

const wanted = renderApiReference(nodeDeploymentCrd());
if (!process.argv.includes('--check')) writeFileSync(path, wanted);
else if (readFileSync(path, 'utf8') !== wanted) {
  console.error(`${FILE} is out of date: run \`make generate\` and commit it`);
  process.exitCode = 1;
}
