// What others do to children, to the status and to the names that a fleet needs: repaired where it is ours, refused
// where not.
import { describe, expect, test } from 'vitest';

import { CLAIM, SERVICE, STATEFUL_SET, type Kind } from '../../src/kube/kinds.ts';
import { newCluster } from './support/cluster.ts';
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
/** With its `rollingUpdate`, OnDelete alone is refused. */
const ROLLING = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };
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
      name: 'whose StatefulSet was told to roll',
      args: ['patch', 'statefulset/web-0', ...asPatch({ spec: { updateStrategy: ROLLING } })],
      kind: STATEFUL_SET,
      repaired: { spec: { updateStrategy: { type: 'OnDelete' } } },
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
