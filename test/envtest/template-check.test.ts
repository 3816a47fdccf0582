// A template that the API server would refuse: it shows, and nothing that runs is touched for it.
import { describe, expect, test } from 'vitest';

import { STATEFUL_SET } from '../../src/kube/kinds.ts';
import { isDryRun } from '../../src/runtime/testing/recording-transport.ts';
import { newCluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { condition, fleet, toImage } from './support/fleets.ts';
import { startOperator } from './support/operator.ts';
import { namesOf, readyFleet, untilAllRun, untilReady } from './support/stage.ts';
import { storyOf } from './support/story.ts';

const withPod = (pod: object) => ({ spec: { template: { spec: pod } } });
const REFUSED = [
  {
    what: 'no image',
    change: withPod({ containers: [{ name: 'web' }] }),
    says: 'spec.template.spec.containers[0].image: Required value',
  },
  {
    what: 'a mount of a volume that is not there',
    change: withPod({
      containers: [{ name: 'web', image: 'web:2', volumeMounts: [{ name: 'x', mountPath: '/x' }] }],
    }),
    says: 'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "x"',
  },
  {
    what: 'an unknown reference in the environment',
    change: withPod({
      containers: [
        { name: 'web', image: 'web:2', env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.nope' } } }] },
      ],
    }),
    says: 'spec.template.spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "status.nope"',
  },
];

describe('a template that the API server would refuse', () => {
  test.for(REFUSED)('with $what stops no member, and the corrected one passes', async ({ change, says }) => {
    const { cluster, operator, truth, volumes, since } = await readyFleet({ replicas: 2, storage: {} });
    await cluster.patch('web', change);
    const refused = await eventually(async () => {
      const deployment = await cluster.nd('web');
      expect(condition(deployment, 'Accepted')).toMatchObject({ status: 'False', reason: 'InvalidTemplate' });
      return deployment;
    });
    expect(condition(refused, 'Accepted')?.message).toContain(says);
    expect(condition(refused, 'Ready')).toMatchObject({ status: 'False', reason: 'InvalidTemplate' });
    expect(refused.status).toMatchObject({
      observedGeneration: refused.metadata.generation,
      availableReplicas: 2,
      members: [{ phase: 'Running' }, { phase: 'Running' }],
    });
    expect(refused.status?.plan).toBeUndefined();
    await operator.quiet();
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual([]);
    await cluster.patch('web', toImage('web:2'));
    const accepted = await untilAllRun(cluster, 'web:2');
    expect(condition(accepted, 'Accepted')).toMatchObject({ status: 'True' });
  });

  test('makes no child of a new fleet, and does not keep the fleet from being deleted', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.apply(fleet({ storage: { retention: { onDelete: 'Delete' } }, spec: REFUSED[0]?.change.spec ?? {} }));
    await eventually(async () => {
      expect(condition(await cluster.nd('web'), 'Accepted')).toMatchObject({ reason: 'InvalidTemplate' });
    });
    expect(await namesOf(cluster, STATEFUL_SET)).toEqual([]);
    await cluster.kubectl(['delete', 'nd', 'web', '--timeout=30s']);
  });

  test('is asked about once for each template of a fleet', async () => {
    const { cluster, operator } = await readyFleet({ replicas: 2 });
    await cluster.patch('web', toImage('web:2'));
    await untilAllRun(cluster, 'web:2');
    await cluster.patch('web', { spec: { replicas: 3 } });
    await untilReady(cluster);
    expect(operator.recording.exchanges.filter(isDryRun)).toHaveLength(1);
  });
});
