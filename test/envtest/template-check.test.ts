// A template that the API server would refuse: it shows, and nothing that runs is touched for it.
import { describe, expect, test } from 'vitest';

import { CLAIM, SERVICE, STATEFUL_SET } from '../../src/kube/kinds.ts';
import { isDryRun } from '../../src/runtime/testing/recording-transport.ts';
import { newCluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { condition, fleet, toImage } from './support/fleets.ts';
import { delay } from './support/knobs.ts';
import { startOperator } from './support/operator.ts';
import { imagesOf, namesOf, readyFleet, untilAllRun, untilReady } from './support/stage.ts';
import { storyOf } from './support/story.ts';
import { findDoubleUse } from './support/truth.ts';
import { untilSays } from './support/verdicts.ts';

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

  test('and comes in the middle of a hand-off lets the stopped member start again on what it ran', async () => {
    const { cluster, truth, volumes, since } = await readyFleet({ storage: {} });
    await delay(cluster, 'web-0', 'detach', 'never');
    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => expect((await cluster.read(STATEFUL_SET, 'web-0')).spec?.replicas).toBe(0));
    await cluster.patch('web', REFUSED[0]?.change ?? {});
    await untilSays(cluster, 'Accepted', 'False/InvalidTemplate');
    await delay(cluster, 'web-0', 'detach', undefined);
    await eventually(async () => expect((await cluster.nd('web')).status?.availableReplicas).toBe(1));
    await untilSays(cluster, 'Accepted', 'False/InvalidTemplate');
    expect(await imagesOf(cluster)).toEqual(['web:1']);
    await truth.caughtUp();
    expect(findDoubleUse(truth, volumes)).toEqual([]);
    expect(storyOf(truth, volumes, since).filter((line) => line.includes('detached'))).toHaveLength(1);
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

describe('a template that is not allowed', () => {
  test.for([
    { replicas: 2, what: 'makes no child', made: [] },
    { replicas: 1, what: 'leaves the claim of a fleet of one', made: ['web-0'] },
  ])('shows with its own reason and $what, until it is allowed', async ({ replicas, made }) => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.kubectl(['create', 'quota', 'none', '--hard=count/statefulsets.apps=0']);
    await eventually(async () => {
      const quota = JSON.parse(await cluster.kubectl(['get', 'quota', 'none', '-o=json']));
      expect(quota.status.hard).toEqual({ 'count/statefulsets.apps': '0' });
    });
    await cluster.apply(fleet({ replicas, storage: {} }));
    await untilSays(cluster, 'Accepted', 'False/QuotaExceeded', 'exceeded quota: none');
    expect([...(await namesOf(cluster, CLAIM)), ...(await namesOf(cluster, SERVICE))]).toEqual(made);
    expect(await namesOf(cluster, STATEFUL_SET)).toEqual([]);
    await cluster.kubectl(['delete', 'quota', 'none']);
    await cluster.kubectl(['annotate', 'nd/web', 'look=again']);
    await untilReady(cluster);
  });
});
