import { describe, expect, test } from 'vitest';

import { LABEL } from '../../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { CONTROLLER_REVISION, type StoredControllerRevision } from '../../kube/kinds.ts';
import type { Apply } from '../actions.ts';
import { desire } from '../desired/desire.ts';
import { revisionOf } from '../desired/pod-template.ts';
import type { Readings } from '../observed.ts';
import { MAX_REVISIONS, planRevisions } from './revisions.ts';
import { at, deployment, observe, record, running, statefulSet, surgeSet } from '../testing/build.ts';

const fleet = deployment({ template: running('app:now') });
/** The fleet as it was with another image. */
const former = (image: string): StoredNodeDeployment => deployment({ template: running(image) });
const recordName = (owner: StoredNodeDeployment): string => `web-${revisionOf(owner.spec)}`;
const former0to = (count: number): readonly StoredNodeDeployment[] =>
  Array.from({ length: count }, (_, index) => former(`app:${index}`));
/** Records of so many former templates, numbered from 1, and then of the present one. */
const recordsOf = (count: number): readonly StoredControllerRevision[] => [
  ...former0to(count).map((owner, index) => record(owner, index + 1)),
  record(fleet, count + 1),
];
const decide = (read: Partial<Readings>, owner = fleet) => planRevisions(desire(owner), observe(owner, read));
const names = (...input: Parameters<typeof decide>): readonly string[] =>
  decide(...input).map((action) => {
    if (action.type === 'Apply') return `Apply ${action.object.metadata?.name}`;
    return action.type === 'Delete' ? `Delete ${action.key.name} ${action.uid}` : action.type;
  });

describe('the record of a template', () => {
  test('holds the template as the user wrote it, and goes with its NodeDeployment', () => {
    const owner = deployment({ template: running('app:now'), storage: { size: '1Gi', mountPath: '/data' } });
    const [action] = decide({ revisions: [] }, owner) as readonly Apply[];
    const revision = revisionOf(owner.spec);
    expect(action).toMatchObject({ kind: CONTROLLER_REVISION, fence: 'absent', fieldManager: 'nodefleet' });
    expect(action?.object).toEqual({
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `web-${revision}`,
        namespace: 'default',
        labels: {
          'app.kubernetes.io/name': 'web',
          'app.kubernetes.io/managed-by': 'nodefleet',
          'nodefleet.dev/deployment': 'web',
          'nodefleet.dev/revision': revision,
        },
        ownerReferences: [expect.objectContaining({ kind: 'NodeDeployment', uid: 'web-uid', controller: true })],
      },
      revision: 1,
      data: { spec: { template: owner.spec.template } },
    });
  });

  test('has the next number', () => {
    const revisions = [record(former('app:1'), 7), record(former('app:0'), 3)];
    expect(decide({ revisions })).toMatchObject([{ object: { revision: 8 } }]);
  });

  test('is not written again while it is the newest', () => {
    expect(names({ revisions: recordsOf(3) })).toEqual([]);
  });

  test('becomes the newest again when its template is used again, fenced and with the same data', () => {
    const again = record(fleet, 1, { resourceVersion: '42' });
    expect(decide({ revisions: [again, record(former('app:1'), 2)] })).toMatchObject([
      { object: { revision: 3, data: again.data }, fence: { uid: again.metadata.uid, resourceVersion: '42' } },
    ]);
  });

  test('gets the labels back that it has lost, and keeps its number', () => {
    expect(decide({ revisions: [record(fleet, 4, { labels: {} })] })).toMatchObject([{ object: { revision: 4 } }]);
  });

  test('is taken over from nobody, but not from another owner, and not while it is being deleted', () => {
    const of = (uid: string) => [
      { apiVersion: 'nodefleet.dev/v1alpha1', kind: 'NodeDeployment', name: 'web', uid, controller: true },
    ];
    expect(names({ revisions: [record(fleet, 1, { ownerReferences: [] })] })).toEqual([`Apply ${recordName(fleet)}`]);
    expect(names({ revisions: [record(fleet, 1, { ownerReferences: of('former-uid') })] })).toEqual([]);
    expect(names({ revisions: [record(fleet, 1, { deletionTimestamp: at(-1) })] })).toEqual([]);
  });

  test("is not mistaken for a member's own record, which has the labels of its template", () => {
    const ofMember = record(former('app:1'), 9, {
      name: 'web-0-5d4f8c9b7',
      labels: { [LABEL.member]: 'web-0', [LABEL.revision]: revisionOf(fleet.spec) },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web-0', uid: 'set-uid', controller: true },
      ],
    });
    expect(decide({ revisions: [ofMember] })).toMatchObject([{ object: { revision: 1 } }]);
    expect(names({ revisions: [ofMember, ...recordsOf(MAX_REVISIONS - 1)] })).toEqual([]);
  });
});

describe('the oldest records', () => {
  test('go by uid, as many as there are too many', () => {
    expect(names({ revisions: recordsOf(MAX_REVISIONS - 1) })).toEqual([]);
    const gone = former0to(2).map(recordName);
    expect(names({ revisions: recordsOf(MAX_REVISIONS + 1).toReversed() })).toEqual(
      gone.map((name) => `Delete ${name} ${name}-ControllerRevision-uid`),
    );
  });

  test.for<[what: string, read: Partial<Readings>, owner?: StoredNodeDeployment]>([
    ["a member's StatefulSet has", { statefulSets: [statefulSet(former('app:0'), 0)] }],
    ['a surge has', { statefulSets: [surgeSet(former('app:0'), 0)] }],
    ['the members last agreed on', {}, { ...fleet, status: { currentRevision: revisionOf(former('app:0').spec) } }],
  ])('stay if it is the one that %s', ([, read, owner]) => {
    const [first = ''] = names({ ...read, revisions: recordsOf(MAX_REVISIONS) }, owner);
    expect(first).toContain(`Delete ${recordName(former('app:1'))} `);
  });

  test('make room for one that was used again', () => {
    const revisions = [record(fleet, 1), ...former0to(MAX_REVISIONS).map((owner, index) => record(owner, index + 2))];
    expect(names({ revisions })).toEqual([
      `Apply ${recordName(fleet)}`,
      expect.stringContaining(`Delete ${recordName(former('app:0'))} `),
    ]);
  });
});
