// Two versions of the operator beside each other, as during its own rollout, on the real API server.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { rulesOf } from '../../hack/config/roles.ts';
import { SERVICE } from '../../src/kube/kinds.ts';
import { OF_LEADER } from '../../src/rights.ts';
import { newCluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { fleet } from '../envtest/support/fleets.ts';
import type { Passage } from '../envtest/support/proxy.ts';
import { startReplica, type Replica } from '../envtest/support/replica.ts';
import { untilReady } from '../envtest/support/stage.ts';
import { IN_CLUSTER, IN_NAMESPACE, newUser } from '../envtest/support/users.ts';
import { measure } from './report/measure.ts';

/** The operator as another version of it would be: one that wants its Services a bit otherwise. */
function anotherVersion(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodefleet-version-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const root = join(import.meta.dirname, '../..');
  for (const part of ['src', 'package.json']) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const file = join(folder, 'src/domain/desired/service.ts');
  const text = readFileSync(file, 'utf8');
  const changed = text.replace('publishNotReadyAddresses: true', 'publishNotReadyAddresses: false');
  if (changed === text) throw new Error('another version: src/domain/desired/service.ts has changed');
  writeFileSync(file, changed);
  return join(folder, 'src/main.ts');
}

const isWork = ({ method, path }: Passage): boolean =>
  method !== 'GET' && !/\/(leases|events)(\/|\?|$)/.test(path) && !path.includes('dryRun=All');

async function reconcilesOf(replica: Replica): Promise<number> {
  const { body } = await replica.get('/metrics');
  const counts = [...body.matchAll(/^controller_runtime_reconcile_total\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Resolves when it has reconciled so many times more: without an event, each is a resync. */
async function reconciles(replica: Replica, times: number): Promise<void> {
  const before = await reconcilesOf(replica);
  await eventually(async () => expect(await reconcilesOf(replica)).toBeGreaterThanOrEqual(before + times), {
    timeoutMs: 60_000,
  });
}

const RESYNCS = 4;

test('C29 two versions of the operator that want different things do not undo the work of each other', async () => {
  const cluster = await newCluster();
  const user = await newUser(cluster);
  await user.grant('namespace', [...IN_NAMESPACE, ...rulesOf(OF_LEADER)]);
  await user.grant('cluster', IN_CLUSTER);
  const old = await startReplica(cluster, user.kubeconfigPath, ['--resync=1s']);
  await old.says('this replica leads');
  await cluster.apply(fleet({ storage: {} }));
  await untilReady(cluster);
  const next = await startReplica(cluster, user.kubeconfigPath, ['--resync=1s'], anotherVersion());
  await next.says('standing by: another replica leads');
  await reconciles(old, RESYNCS); // what it was still doing is done
  const from = old.passages.length;
  await reconciles(old, RESYNCS);
  const during = [...old.passages.slice(from), ...next.passages].filter(isWork);
  expect(during).toEqual([]);

  expect(await old.stop()).toBe(0);
  const expectNext = async (): Promise<void> => {
    expect((await cluster.read(SERVICE, 'web-0')).spec?.publishNotReadyAddresses ?? false).toBe(false);
  };
  await eventually(expectNext);
  await reconciles(next, RESYNCS);
  const writes = next.passages.filter((passage) => isWork(passage) && passage.path.includes('/services/'));
  measure({ 'writes while both ran': during.length, 'writes of the one difference': writes.length });
  expect(writes).toHaveLength(1);
  await expectNext();
});
