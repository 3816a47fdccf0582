// Writes what of config/ is made from code: the operator's roles, from src/rights.ts.
//
//   node hack/generate-config.ts           writes the files
//   node hack/generate-config.ts --check   exits 1 when a file is not what it would write
//   --out FOLDER                           another folder than config/
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { roleManifests } from './config/role-manifests.ts';
import { checkAll, type GeneratedFiles, writeAll } from './generated-files.ts';

const CONFIG = resolve(import.meta.dirname, '../config');

const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, out: { type: 'string', default: CONFIG } },
});
const files: GeneratedFiles = new Map(
  [...roleManifests()].map(([path, text]) => [join(values.out, 'rbac', path), text]),
);
if (values.check) checkAll(files, 'hack/generate-config.ts');
else writeAll(files);
