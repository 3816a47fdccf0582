// What a killed run leaves behind, and who it is that may remove it.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

import { expect, onTestFinished, test } from 'vitest';

import { docker } from '../../hack/docker/docker.ts';
import { abandonedClusters, CLUSTER_LABEL, OWNER_LABEL, ownOwner, removeLabelled } from '../../hack/kind/owner.ts';
import { site } from './site.ts';

const OWNER = new URL('../../hack/kind/owner.ts', import.meta.url).pathname;

/** A container and a volume of a cluster that has nothing else. Gone when the test is over. */
async function remains(owner?: string): Promise<string> {
  const cluster = `nodefleet-remains-${randomBytes(3).toString('hex')}`;
  const labels = [`${CLUSTER_LABEL}=${cluster}`, ...(owner === undefined ? [] : [`${OWNER_LABEL}=${owner}`])];
  const flags = labels.flatMap((label) => ['--label', label]);
  await docker(['volume', 'create', ...flags, `${cluster}-var`]);
  await docker(['create', '--name', cluster, ...flags, '--volume', `${cluster}-var:/data`, site().image]);
  onTestFinished(async () => void (await removeLabelled(cluster)));
  return cluster;
}

/** The owner that a process was which has ended. */
function deadOwner(): string {
  const program = `import { ownOwner } from ${JSON.stringify(OWNER)}; console.log(ownOwner())`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).trim();
}

test('only what a dead process of this host owned counts as abandoned', async () => {
  const abandoned = await remains(deadOwner());
  const running = await remains(ownOwner());
  const ownerless = await remains();
  const ofAnotherHost = await remains('another-host/1/1');
  const found = await abandonedClusters();
  expect(found).toContain(abandoned);
  for (const name of [running, ownerless, ofAnotherHost, site().cluster]) expect(found).not.toContain(name);
});

test('removing a cluster takes its containers and volumes, once and for all', async () => {
  const [one, other] = [await remains(ownOwner()), await remains(ownOwner())];
  expect(await removeLabelled(one)).toBe(true);
  expect(await removeLabelled(one)).toBe(false);
  const left = await docker(['volume', 'ls', '--format', '{{.Name}}']);
  expect(left).not.toContain(one);
  expect(left).toContain(other);
});
