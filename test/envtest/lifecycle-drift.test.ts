// What others do to children, to the status and to the names that a fleet needs: repaired where it is ours, refused where not.
import { describe, expect, test } from 'vitest';

import { CLAIM, SERVICE, STATEFUL_SET, type Kind } from '../../src/kube/kinds.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { condition, expectReady, fleet } from './support/fleets.ts';
import { startOperator } from './support/operator.ts';

interface Drift {
  readonly name: string;
  /** kubectl's arguments. */
  readonly args: readonly string[];
  readonly kind: Kind;
  /** What has to be there again. */
  readonly repaired: object;
}

const port = (targetPort: number, port = 80): object => ({ name: 'http', port, targetPort, protocol: 'TCP' });
const WITH_PORT = fleet({ storage: {}, spec: { service: { ports: [port(8080)] } } });
const asPatch = (patch: object): readonly string[] => ['--type=merge', `--patch=${JSON.stringify(patch)}`];

describe('a child of ours', () => {
  test.for<Drift>([
    {
      name: 'whose Service leads to another port of the pod',
      args: ['patch', 'service/web-0', ...asPatch({ spec: { ports: [port(9090)] } })],
      kind: SERVICE,
      repaired: { spec: { ports: [port(8080)] } },
    },
    {
      name: 'whose StatefulSet was scaled to 5',
      args: ['scale', 'statefulset/web-0', '--replicas=5'],
      kind: STATEFUL_SET,
      repaired: { spec: { replicas: 1 } },
    },
    {
      name: 'that lost the label of its fleet',
      args: ['label', 'statefulset/web-0', 'nodefleet.dev/deployment-'],
      kind: STATEFUL_SET,
      repaired: { metadata: { labels: { 'nodefleet.dev/deployment': 'web' } } },
    },
    {
      name: 'that lost the label by which the cache finds it',
      args: ['label', 'service/web-0', 'app.kubernetes.io/managed-by-'],
      kind: SERVICE,
      repaired: { metadata: { labels: { 'app.kubernetes.io/managed-by': 'nodefleet' } } },
    },
    {
      name: 'whose claim lost its label',
      args: ['label', 'pvc/web-0', 'nodefleet.dev/member-'],
      kind: CLAIM,
      repaired: { metadata: { labels: { 'nodefleet.dev/member': 'web-0' } } },
    },
    {
      name: 'that was deleted',
      args: ['delete', 'service/web-0'],
      kind: SERVICE,
      repaired: { metadata: { labels: { 'nodefleet.dev/deployment': 'web' } } },
    },
  ])('$name is repaired', async ({ args, kind, repaired }) => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    await cluster.apply(WITH_PORT);
    await eventually(async () => expectReady(await cluster.nd('web')));
    await operator.quiet();
    const before = await cluster.client.get(kind, cluster.key('web-0'));
    await cluster.kubectl(args);
    await eventually(async () => {
      const child = await cluster.read(kind, 'web-0');
      expect(child).toMatchObject(repaired);
      expect(child.metadata.resourceVersion).not.toBe(before?.metadata.resourceVersion);
      expectReady(await cluster.nd('web'));
    });
  });
});

// Server-side apply merges ports by number and never removes an entry that another manager has written.
describe('a Service whose port got another number', () => {
  test('is not repaired: the server refuses the apply, and the fleet says why until the foreign port is removed', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.apply(WITH_PORT);
    await eventually(async () => expectReady(await cluster.nd('web')));
    await cluster.kubectl(['patch', 'service/web-0', ...asPatch({ spec: { ports: [port(8080, 81)] } })]);
    await eventually(async () => {
      const stalled = condition(await cluster.nd('web'), 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason: 'Rejected' });
      expect(stalled?.message).toContain('Service web-0');
    });
    await cluster.kubectl(['delete', 'service/web-0']);
    await eventually(async () => expectReady(await cluster.nd('web')));
    expect(await cluster.read(SERVICE, 'web-0')).toMatchObject({ spec: { ports: [port(8080)] } });
  });
});

interface Foreign {
  readonly reason: string;
  readonly kind: Kind;
  readonly object: object;
}

const selector = { app: 'other' };
const SOMEBODY_ELSES: readonly Foreign[] = [
  {
    reason: 'ForeignOwner',
    kind: STATEFUL_SET,
    object: {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'web-0' },
      spec: {
        replicas: 0,
        serviceName: 'other',
        selector: { matchLabels: selector },
        template: { metadata: { labels: selector }, spec: { containers: [{ name: 'other', image: 'other:1' }] } },
      },
    },
  },
  {
    reason: 'ForeignClaim',
    kind: CLAIM,
    object: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'web-0' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  },
];

/** What the operator could have changed: everything but the status, which others write. */
async function fingerprint(cluster: Cluster, kind: Kind): Promise<string> {
  const { metadata, ...rest } = await cluster.read<{ metadata?: object; spec?: object }>(kind, 'web-0');
  // Its own controller writes to it at any time.
  const managers = metadata.managedFields?.flatMap(({ manager }) =>
    manager === 'kube-controller-manager' ? [] : manager,
  );
  return JSON.stringify([
    metadata.uid,
    metadata.labels,
    metadata.annotations,
    metadata.ownerReferences,
    managers,
    rest.spec,
  ]);
}

describe('a child of the member’s name that is somebody else’s', () => {
  test.for(SOMEBODY_ELSES)('is left untouched, and the fleet says $reason', async ({ reason, kind, object }) => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.apply(object);
    const before = await fingerprint(cluster, kind);
    await cluster.apply(fleet({ replicas: 2, storage: {} }));
    await eventually(async () => {
      const deployment = await cluster.nd('web');
      const stalled = condition(deployment, 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason });
      expect(stalled?.message).toContain('web-0');
      // It blocks its own member and no other.
      expect(deployment.status?.members).toMatchObject([{ name: 'web-0' }, { name: 'web-1', phase: 'Running' }]);
    });
    expect(await fingerprint(cluster, kind)).toBe(before);
  });
});

describe('a status that somebody wiped', () => {
  test('is rebuilt from what is there', async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    await cluster.apply(fleet({ replicas: 2, storage: {} }));
    await eventually(async () => expectReady(await cluster.nd('web')));
    await operator.quiet();
    const { status: before } = await cluster.nd('web');
    await cluster.kubectl(['patch', 'nd/web', '--subresource=status', ...asPatch({ status: null })]);
    const { status: after } = await eventually(async () => expectReady(await cluster.nd('web')));
    const withoutTimes = (status: typeof before): unknown =>
      JSON.parse(JSON.stringify(status), (key, value: unknown) => (key === 'lastTransitionTime' ? undefined : value));
    expect(withoutTimes(after)).toEqual(withoutTimes(before));
  });
});
