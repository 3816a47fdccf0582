// Every command and manifest of README.md and docs/ is run or applied, in the order of the page, on a real API server
// with the operator at work and simulated machines. What is not run says why, in the page.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { startControlPlane, type StartedControlPlane } from '../../hack/control-plane/control-plane.ts';
import { installCrds, kubectlFor } from '../envtest/start.ts';
import { newCluster, type Cluster } from '../envtest/support/cluster.ts';
import { startOperator } from '../envtest/support/operator.ts';
import { blocksOf, commandsOf, type Block } from './blocks.ts';
import { openShell, type Shell } from './shell.ts';
import { fleetOf, STAGES } from './stages.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

let plane: StartedControlPlane;
beforeAll(async () => {
  plane = await startControlPlane({ with: ['controller-manager', 'scheduler', 'kwok', 'storage'], log: () => {} });
  await installCrds(plane);
});
afterAll(() => plane?.stop());

const pages = PAGES.map((name) => ({ name, blocks: blocksOf(readFileSync(join(ROOT, name), 'utf8')) })).filter(
  ({ blocks }) => blocks.length > 0,
);

/** The namespace that commands work in when they name none, as at a user's. Empty again when the test is over. */
async function defaultNamespace(): Promise<Cluster> {
  const kubectl = kubectlFor(plane);
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', join(ROOT, 'crds')]);
  onTestFinished(async () => {
    await kubectl(['delete', 'nodedeployments', '--all', '--timeout=60s']);
    await kubectl(['delete', 'statefulsets,pvc', '--all', '--timeout=60s']);
    await kubectl(['uncordon', 'machine-0', 'machine-1', 'machine-2']);
  });
  return newCluster(plane, 'default');
}

async function follow(block: Block, shell: Shell): Promise<void> {
  if (block.notRun !== undefined) return;
  if (block.language !== 'yaml') return void (await shell.run(commandsOf(block)));
  const file = block.file ?? `line-${block.line}.yaml`;
  shell.write(file, block.text);
  // Fields alone are those of a NodeDeployment.
  const isWhole = /^apiVersion:/m.test(block.text);
  const command = isWhole
    ? `kubectl apply --dry-run=server --validate=strict -f ${file}`
    : `kubectl patch nd fields --dry-run=server --type merge --patch-file ${file}`;
  expect(await shell.run(command)).not.toContain('unknown field');
}

describe('what the docs say works', () => {
  test.for(pages)('$name', { timeout: 300_000 }, async ({ name, blocks }) => {
    const cluster = await defaultNamespace();
    const shell = openShell(plane);
    await startOperator(cluster);
    await cluster.apply(fleetOf('fields', { replicas: 0 }));
    await STAGES[name]?.(cluster, shell);
    for (const block of blocks) {
      await follow(block, shell).catch((error: unknown) => {
        throw new Error(`${name}:${block.line}`, { cause: error });
      });
    }
  });

  test('every stage is that of a page', () => {
    expect(Object.keys(STAGES).filter((name) => !pages.some((page) => page.name === name))).toEqual([]);
  });
});
