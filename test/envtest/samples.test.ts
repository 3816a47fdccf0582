// Each sample, applied by a real kubectl as a user would.
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { decodeSpec } from '../../src/api/v1alpha1/node-deployment.ts';
import { newCluster } from './support/cluster.ts';

const SAMPLES = join(import.meta.dirname, '../../config/samples');
const files = readdirSync(SAMPLES).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');

test.for(files)('%s is accepted without a warning, and the operator can read it', async (file) => {
  const { kubectl, namespace } = await newCluster();
  const name = await kubectl(['apply', '--warnings-as-errors', '-o=name', '-f', join(SAMPLES, file)]);
  const stored = JSON.parse(await kubectl(['get', name, '-o=json']));
  expect(stored.metadata.namespace).toBe(namespace);
  expect(decodeSpec(stored)).toEqual({ ok: true, spec: stored.spec });
});

test.for(files)('%s says what it shows', async (file) => {
  expect(await readFile(join(SAMPLES, file), 'utf8')).toMatch(/^# .{20}/);
});
