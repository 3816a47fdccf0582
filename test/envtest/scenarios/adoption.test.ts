// Scenario 15: what is there under the name that a member needs, and is somebody else's.
import { describe, expect, test } from 'vitest';

import { CLAIM, STATEFUL_SET, type Kind } from '../../../src/kube/kinds.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { condition, fleet, toImage, type FleetOptions } from '../support/fleets.ts';
import { startOperator } from '../support/operator.ts';
import { untilAllRun, untilReady } from '../support/stage.ts';

interface Foreign {
  readonly what: string;
  readonly reason: string;
  readonly kind: Kind;
  readonly name: string;
  readonly object: object;
}

const selector = { app: 'other' };
const foreignSet = (name: string): object => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name },
  spec: {
    replicas: 0,
    serviceName: 'other',
    selector: { matchLabels: selector },
    template: { metadata: { labels: selector }, spec: { containers: [{ name: 'other', image: 'other:1' }] } },
  },
});

const SET: Foreign = {
  what: 'StatefulSet',
  reason: 'ForeignOwner',
  kind: STATEFUL_SET,
  name: 'web-0',
  object: foreignSet('web-0'),
};
const SURGE: Foreign = { ...SET, name: 'web-0-surge', object: foreignSet('web-0-surge') };
const FOREIGN_CLAIM: Foreign = {
  what: 'claim',
  reason: 'ForeignClaim',
  kind: CLAIM,
  name: 'web-0',
  object: {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'web-0' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
};

/** What the operator could have changed: everything but the status, which others write. */
async function fingerprint(cluster: Cluster, { kind, name }: Foreign): Promise<string> {
  const { metadata, ...rest } = await cluster.read<{ metadata?: object; spec?: object }>(kind, name);
  const { uid, labels, annotations, ownerReferences, managedFields } = metadata;
  // Its own controller writes to it at any time.
  const managers = managedFields
    ?.map(({ manager }) => manager)
    .filter((manager) => manager !== 'kube-controller-manager');
  return JSON.stringify([uid, labels, annotations, ownerReferences, managers, rest.spec]);
}

/** The fleet says whose the thing is, in words that name it; the other member is not held up. */
async function untilRefused(cluster: Cluster, { reason, name }: Foreign): Promise<void> {
  await eventually(async () => {
    const deployment = await cluster.nd('web');
    const stalled = condition(deployment, 'Stalled');
    expect(stalled).toMatchObject({ status: 'True', reason });
    expect(stalled?.message).toContain(name);
    expect(deployment.status?.members).toMatchObject([
      { name: 'web-0', reason },
      { name: 'web-1', phase: 'Running' },
    ]);
  });
}

describe('scenario 15: a foreign object under the name of a member', () => {
  test.for<Foreign & { readonly options: FleetOptions }>([
    { ...FOREIGN_CLAIM, options: { storage: {} } },
    { ...SET, options: {} },
  ])(
    '$what is refused and left untouched, blocks that member alone, and once it is gone no more',
    async ({ options, ...foreign }) => {
      const cluster = await newCluster();
      await startOperator(cluster);
      await cluster.apply(foreign.object);
      const before = await fingerprint(cluster, foreign);
      await cluster.apply(fleet({ replicas: 2, ...options }));
      await untilRefused(cluster, foreign);
      expect(await fingerprint(cluster, foreign)).toBe(before);
      await cluster.kubectl(['delete', foreign.kind.plural, foreign.name]);
      await untilReady(cluster);
    },
  );

  test('for the time of its surge is refused when the surge is due, and once it is gone the wave goes on', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.apply(SURGE.object);
    const before = await fingerprint(cluster, SURGE);
    await cluster.apply(fleet({ replicas: 2, rollout: { maxUnavailable: 0, maxSurge: 1 } }));
    await untilReady(cluster);
    await cluster.patch('web', toImage('web:2'));
    await untilRefused(cluster, SURGE);
    expect(await fingerprint(cluster, SURGE)).toBe(before);
    await cluster.kubectl(['delete', 'statefulset', SURGE.name]);
    await untilAllRun(cluster, 'web:2');
  });
});
