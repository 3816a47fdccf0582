// What a test has measured, for the report on reliability: a file of JSON in `.run/reliability`, of one run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', '.run', 'reliability');

/** Replaces `.run/reliability/<name>.json`. */
export function writeEvidence(name: string, evidence: object): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(evidence, null, 2)}\n`);
}
