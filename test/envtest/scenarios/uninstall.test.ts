// Scenario 21: the fleet, or the very kind, goes in ways that nobody asked the operator about. The claims stay.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startControlPlane, type StartedControlPlane } from '../../../hack/control-plane/control-plane.ts';
import { CLAIM, POD, STATEFUL_SET } from '../../../src/kube/kinds.ts';
import { CRDS, installCrds, kubectlFor } from '../start.ts';
import { deletedClaims } from '../support/claims.ts';
import { newCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { claimUids, namesOf, readyFleet } from '../support/stage.ts';

/** How GitOps tools mark what they have applied, and find what they have to prune. */
const TRACKING = {
  labels: { 'app.kubernetes.io/instance': 'shop', 'example.com/team': 'storage' },
  annotations: { 'argocd.argoproj.io/tracking-id': 'shop:nodefleet.dev/NodeDeployment:default/web' },
};
const SELECTOR = 'example.com/team=storage';

describe('scenario 21: GitOps', () => {
  test('prunes a fleet that has left the repository, by label, and the claims survive', async () => {
    const cluster = await newCluster();
    const { truth } = await readyFleet({ replicas: 2, storage: {}, metadata: TRACKING }, cluster);
    const before = await claimUids(cluster);
    for (const { metadata } of await cluster.client.list(CLAIM, { namespace: cluster.namespace })) {
      const marks = Object.keys({ ...metadata.labels, ...metadata.annotations });
      expect(marks.filter((mark) => mark in TRACKING.labels || mark in TRACKING.annotations)).toEqual([]);
    }

    // What kubectl applies instead of the fleet.
    const rest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'rest', labels: TRACKING.labels } };
    const kinds = ['nodefleet.dev/v1alpha1/NodeDeployment', 'core/v1/PersistentVolumeClaim'];
    const prune = ['--prune', `--selector=${SELECTOR}`, ...kinds.map((kind) => `--prune-allowlist=${kind}`)];
    const said = await cluster.kubectl(['apply', '-f', '-', ...prune], rest);
    expect(said).toContain('nodedeployment.nodefleet.dev/web pruned');
    // A tool that prunes by label alone, and every kind that there is.
    await cluster.kubectl(['delete', 'all,pvc', `--selector=${SELECTOR}`]);
    await eventually(async () => expect(await namesOf(cluster, POD)).toEqual([]));

    expect(await claimUids(cluster)).toEqual(before);
    await truth.caughtUp();
    expect(deletedClaims(truth)).toEqual([]);
  });
});

describe('scenario 21: the CRD', () => {
  let plane: StartedControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({
      with: ['controller-manager', 'scheduler', 'kwok', 'storage'],
      machines: 1,
      storage: { attachDelayMs: 0, detachDelayMs: 0 },
      log: () => {},
    });
    await installCrds(plane);
  });
  afterAll(() => plane?.stop());

  test('uninstalled with every fleet leaves the claims, and a fleet made after a new installation has them', async () => {
    const cluster = await newCluster(plane);
    const { operator, truth } = await readyFleet({ replicas: 2, storage: {} }, cluster);
    const before = await claimUids(cluster);
    await kubectlFor(plane)(['delete', '-f', CRDS, '--timeout=30s']);
    await eventually(async () => {
      for (const kind of [STATEFUL_SET, POD]) expect(await namesOf(cluster, kind)).toEqual([]);
    });
    expect(await claimUids(cluster)).toEqual(before);
    await operator.stop();

    await installCrds(plane);
    await readyFleet({ replicas: 2, storage: {} }, cluster);
    expect(await claimUids(cluster)).toEqual(before);
    await truth.caughtUp();
    expect(deletedClaims(truth)).toEqual([]);
  });
});
